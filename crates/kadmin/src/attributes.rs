//! The attributes of principals, in words.

use k5_cli::manual::Flag;

/// Each attribute by the name that usage texts and listings of MIT's program have for it. Other spellings count too; they
/// are in `k5_types::Attributes`.
pub(crate) static ATTRIBUTES: [Flag; 16] = [
    Flag { name: "allow_postdated", help: "it may get postdated tickets" },
    Flag { name: "allow_forwardable", help: "it may get forwardable tickets" },
    Flag { name: "allow_tgs_req", help: "others may ask for tickets for it with a ticket-granting ticket" },
    Flag { name: "allow_renewable", help: "it may get renewable tickets" },
    Flag { name: "allow_proxiable", help: "it may get proxiable tickets" },
    Flag {
        name: "allow_dup_skey",
        help: "others may get tickets for it that use the key of another session",
    },
    Flag { name: "allow_tix", help: "there are tickets for it and from it at all" },
    Flag { name: "requires_preauth", help: "it must prove that it knows its key before it gets a ticket" },
    Flag { name: "requires_hwauth", help: "it must prove itself with a device" },
    Flag { name: "needchange", help: "its password must be changed before it gets a ticket" },
    Flag { name: "allow_svr", help: "others may get tickets for it" },
    Flag { name: "password_changing_service", help: "it is the service that changes passwords" },
    Flag { name: "ok_as_delegate", help: "clients may hand it their tickets" },
    Flag { name: "ok_to_auth_as_delegate", help: "it may get tickets for itself in the name of any user" },
    Flag { name: "no_auth_data_required", help: "tickets for it carry no authorization data of the KDC" },
    Flag { name: "lockdown_keys", help: "nobody may fetch, change or delete its keys over the network" },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::principal_options::USAGE_OF_ATTRIBUTES;
    use k5_types::FlagSpec;

    #[test]
    fn they_are_those_of_the_usage_and_the_parser_takes_them() {
        let (_, list) = USAGE_OF_ATTRIBUTES.split_once("attributes are:").unwrap();
        let (list, _) = list.split_once("where,").unwrap();
        let named: Vec<&str> = list.split_whitespace().collect();
        assert_eq!(named, ATTRIBUTES.each_ref().map(|flag| flag.name));
        for flag in &ATTRIBUTES {
            assert!(FlagSpec::parse(&format!("+{}", flag.name)).is_ok(), "{}", flag.name);
        }
    }
}
