import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSession;
import javax.net.ssl.TrustManagerFactory;

/** Key stores out of PEM files. */
final class Tls {
    static final String PASSWORD = "for this run only";

    static KeyStore identity(Console.Port port) throws Exception {
        String pem = Files.readString(Path.of(port.key)).replaceAll("-----[A-Z ]+-----|\\s", "");
        PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem));
        PrivateKey key = KeyFactory.getInstance("EC").generatePrivate(spec);
        KeyStore store = empty();
        store.setKeyEntry("smsc", key, PASSWORD.toCharArray(), certificates(port.cert));
        return store;
    }

    static KeyStore trust(Console.Port port) throws Exception {
        KeyStore store = empty();
        for (Certificate one : certificates(port.ca)) {
            store.setCertificateEntry("authority", one);
        }
        return store;
    }

    static SSLContext context(Console.Port port) throws Exception {
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(identity(port), PASSWORD.toCharArray());
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(port.ca == null ? empty() : trust(port));
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    /** A file that is gone with this process. */
    static String save(KeyStore store) throws Exception {
        File file = File.createTempFile("peer", ".p12");
        file.deleteOnExit();
        try (OutputStream out = Files.newOutputStream(file.toPath())) {
            store.store(out, PASSWORD.toCharArray());
        }
        return file.getPath();
    }

    /** The common name in the client's certificate. */
    static String name(SSLSession session) throws Exception {
        return session.getPeerPrincipal().getName().replaceFirst("^CN=", "");
    }

    private static KeyStore empty() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    private static Certificate[] certificates(String file) throws Exception {
        ByteArrayInputStream pem = new ByteArrayInputStream(Files.readAllBytes(Path.of(file)));
        return CertificateFactory.getInstance("X.509").generateCertificates(pem).toArray(new Certificate[0]);
    }
}
