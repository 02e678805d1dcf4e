// The acceptor's side of gss-client's conversation, by the JDK: standard input is the socket, as under inetd.
//
// Arguments: the keytab. What the server would log goes to standard error.
//
// Every token has a byte of flags, its length (four bytes, big-endian), and its bytes.

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.security.PrivilegedExceptionAction;
import java.util.Map;
import javax.security.auth.Subject;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.AppConfigurationEntry.LoginModuleControlFlag;
import javax.security.auth.login.Configuration;
import javax.security.auth.login.LoginContext;
import org.ietf.jgss.GSSContext;
import org.ietf.jgss.GSSCredential;
import org.ietf.jgss.GSSManager;
import org.ietf.jgss.MessageProp;

public class AcceptGss {
    private static final int NOOP = 1, CONTEXT = 2, MIC = 8, WRAPPED = 32, SEND_MIC = 128;

    private final DataInputStream in;
    private final DataOutputStream out;
    private int flags;

    private AcceptGss(SocketChannel channel) {
        in = new DataInputStream(Channels.newInputStream(channel));
        out = new DataOutputStream(Channels.newOutputStream(channel));
    }

    public static void main(String[] args) throws Exception {
        // Any principal of the keytab will do, as for a server that names no host.
        Map<String, String> options = Map.of("useKeyTab", "true", "keyTab", args[0], "principal", "*",
                "isInitiator", "false", "storeKey", "true", "doNotPrompt", "true");
        Configuration configuration = new Configuration() {
            @Override
            public AppConfigurationEntry[] getAppConfigurationEntry(String name) {
                String module = "com.sun.security.auth.module.Krb5LoginModule";
                return new AppConfigurationEntry[] {
                    new AppConfigurationEntry(module, LoginModuleControlFlag.REQUIRED, options)
                };
            }
        };
        LoginContext login = new LoginContext("acceptor", new Subject(), null, configuration);
        login.login();
        AcceptGss acceptor = new AcceptGss((SocketChannel) System.inheritedChannel());
        Subject.doAs(login.getSubject(), (PrivilegedExceptionAction<Void>) acceptor::serve);
    }

    private Void serve() throws Exception {
        GSSManager manager = GSSManager.getInstance();
        GSSCredential credential = manager.createCredential(GSSCredential.ACCEPT_ONLY);
        GSSContext context = manager.createContext(credential);
        // An empty token announces that a context follows.
        read();
        while (!context.isEstablished()) {
            byte[] token = read();
            byte[] answer = context.acceptSecContext(token, 0, token.length);
            if (answer != null) {
                write(CONTEXT, answer);
            }
        }
        System.err.println("Accepted connection: \"" + context.getSrcName() + "\" for \"" + context.getTargName() + "\"");
        byte[] token = read();
        while ((flags & NOOP) == 0) {
            byte[] message = token;
            if ((flags & WRAPPED) != 0) {
                message = context.unwrap(token, 0, token.length, new MessageProp(0, false));
            }
            System.err.println("Received message: \"" + new String(message, StandardCharsets.UTF_8) + "\"");
            if ((flags & SEND_MIC) != 0) {
                write(MIC, context.getMIC(message, 0, message.length, new MessageProp(0, false)));
            } else {
                write(NOOP, new byte[0]);
            }
            token = read();
        }
        context.dispose();
        return null;
    }

    private byte[] read() throws IOException {
        flags = in.readUnsignedByte();
        byte[] token = new byte[in.readInt()];
        in.readFully(token);
        return token;
    }

    private void write(int flags, byte[] token) throws IOException {
        out.writeByte(flags);
        out.writeInt(token.length);
        out.write(token);
        out.flush();
    }
}
