// Changes a keytab as the JDK's `ktab` does, by the class that it uses; the JDK for Linux has no such program.
// FILE add PRINCIPAL PASSWORD VERSION: adds a key of each type that the JDK likes.
// FILE delete PRINCIPAL VERSION: deletes the entries of that version.

import sun.security.krb5.PrincipalName;
import sun.security.krb5.internal.ktab.KeyTab;

public class ChangeKeytab {
    public static void main(String[] args) throws Exception {
        KeyTab keytab = KeyTab.getInstance(args[0]);
        if (keytab.isMissing()) {
            keytab = KeyTab.create(args[0]);
        }
        PrincipalName principal = new PrincipalName(args[2]);
        if (args[1].equals("add")) {
            keytab.addEntry(principal, args[3].toCharArray(), Integer.parseInt(args[4]), true);
        } else {
            keytab.deleteEntries(principal, -1, Integer.parseInt(args[3]));
        }
        keytab.save();
    }
}
