// Lists a keytab as the JDK's `klist -k` does, by the class that it uses; the JDK for Linux has no such program.
// One line for each entry: version, principal, enctype number, key in hexadecimal, with tabs between.

import sun.security.krb5.internal.ktab.KeyTab;
import sun.security.krb5.internal.ktab.KeyTabEntry;

public class ListKeytab {
    public static void main(String[] args) {
        KeyTab keytab = KeyTab.getInstance(args[0]);
        if (keytab.isMissing() || !keytab.isValid()) {
            System.err.println("the JDK cannot read " + args[0]);
            System.exit(1);
        }
        StringBuilder out = new StringBuilder();
        for (KeyTabEntry entry : keytab.getEntries()) {
            StringBuilder key = new StringBuilder();
            for (byte b : entry.getKey().getBytes()) {
                key.append(String.format("%02x", b));
            }
            out.append(entry.getKey().getKeyVersionNumber()).append('\t').append(entry.getService().getName()).append('\t');
            out.append(entry.getKey().getEType()).append('\t').append(key).append('\n');
        }
        System.out.print(out);
    }
}
