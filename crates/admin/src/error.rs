//! What an administrative rule can answer. The texts are MIT's (`kadm_err`), since scripts look for them.

use k5_kdb::KdbError;
use k5_keytab::KeytabError;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdminError {
    /// No such principal.
    #[error("Principal does not exist")]
    UnknownPrincipal,
    /// No such policy.
    #[error("Policy does not exist")]
    UnknownPolicy,
    /// A principal or policy of that name is there already.
    #[error("Principal or policy already exists")]
    Duplicate,
    /// Fields that do not go together.
    #[error("Invalid field mask for operation")]
    BadMask,
    /// A name that no policy may have.
    #[error("Illegal policy name")]
    BadPolicyName,
    /// A principal that the rules protect: K/M, or kadmin/history against a password.
    #[error("Cannot change protected principal")]
    Protected,
    /// A password shorter than its policy wants.
    #[error("Password is too short")]
    PasswordTooShort,
    /// An empty password.
    #[error("Empty passwords are not allowed")]
    PasswordEmpty,
    /// A password with fewer character classes than its policy wants.
    #[error("Password does not contain enough character classes")]
    PasswordClasses,
    /// A password that is in the dictionary, or is the realm.
    #[error("Password is in the password dictionary")]
    PasswordInDictionary,
    /// A password that is a component of the principal's name.
    #[error("Password may not match principal name")]
    PasswordIsName,
    /// A password that was used before.
    #[error("Cannot reuse password")]
    PasswordReuse,
    /// Keysalts that the policy does not allow, or a list that says nothing.
    #[error("Invalid key/salt tuples")]
    BadKeySalts,
    /// Too few or too many character classes asked for.
    #[error("Invalid number of character classes")]
    BadClasses,
    /// A minimum length below one.
    #[error("Invalid password length")]
    BadLength,
    /// A history below one.
    #[error("Invalid password history count")]
    BadHistory,
    /// The minimum life is over the maximum life.
    #[error("Password minimum life is greater than password maximum life")]
    BadMinLife,
    /// A salt that hangs on the old name and cannot be written down.
    #[error("Unsupported salt type")]
    BadSaltType,
    /// There is nothing to rename (MIT's `KRB5_KDB_NOENTRY`).
    #[error("No such entry in the database")]
    NoEntry,
    /// An alias cannot be renamed (`KRB5_KDB_ALIAS_UNSUPPORTED` of MIT 1.22).
    #[error("Operation unsupported on alias principal name")]
    IsAlias,
    /// An alias for a principal of another realm (`KADM5_ALIAS_REALM` of MIT 1.22).
    #[error("Alias target must be within the same realm")]
    AliasRealm,
    /// An operation that was begun within another one.
    #[error("The database is in use by this program")]
    Busy,
    /// A key from a password is to be made while others wait for the locks of a batch.
    #[error("This takes too long to be done with other commands")]
    TooSlow,
    /// kadmin/history has no key.
    #[error("History entry contains no key data")]
    NoHistoryKey,
    /// A pattern or a value that has no meaning.
    #[error("Invalid argument")]
    Invalid,
    /// Something that must not happen in this realm with this program; the text says what to do.
    #[error("{0}")]
    Blocked(String),
    /// A version of the master key that the realm has not.
    #[error("No matching key in entry")]
    NoSuchMasterKey,
    /// No master key would be active.
    #[error("there must be one master key currently active")]
    NoneActive,
    /// The dictionary file cannot be read.
    #[error("{}: {reason}", path.display())]
    Dictionary {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        reason: String,
    },
    /// The database.
    #[error(transparent)]
    Database(#[from] KdbError),
    /// A keytab.
    #[error(transparent)]
    Keytab(#[from] KeytabError),
    /// Keys.
    #[error(transparent)]
    Crypto(#[from] k5_crypto::CryptoError),
}

/// The result of an administrative operation.
pub type Result<T> = std::result::Result<T, AdminError>;
