import com.cloudhopper.commons.charset.Charset;
import com.cloudhopper.commons.charset.CharsetUtil;
import com.google.gson.Gson;
import com.google.gson.annotations.SerializedName;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Commands in and events out, as ../node/smsc.js has them, and texts as octets. */
final class Console {
    static final int UDHI = 0x40;
    static final int RECEIPT = 0x04;
    private static final int CHARACTERS = 60; // of each segment that we send: fits with every header, in each alphabet
    private static final Gson JSON = new Gson().newBuilder().serializeNulls().create();

    static final class Port {
        int port;
        String key, cert, ca;
    }

    static final class Start {
        Map<String, String> accounts;
        Map<String, Port> ports;
    }

    static final class Order {
        @SerializedName("do") String what;
        @SerializedName("long") String way;
        String account, password, from, to, text, coding;

        byte dataCoding() {
            return (byte) (coding.equals("ucs2") ? 8 : 0);
        }
    }

    private final BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));

    Start start() throws Exception {
        return JSON.fromJson(lines.readLine(), Start.class);
    }

    void orders(Consumer<Order> obey) throws Exception {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            obey.accept(JSON.fromJson(line, Order.class));
        }
        System.exit(0);
    }

    /** One line; names and values in turn. */
    static void say(String event, Object... fields) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("event", event);
        for (int i = 0; i < fields.length; i += 2) {
            line.put((String) fields[i], fields[i + 1]);
        }
        byte[] octets = (JSON.toJson(line) + "\n").getBytes(StandardCharsets.UTF_8);
        synchronized (System.out) {
            System.out.write(octets, 0, octets.length);
            System.out.flush();
        }
    }

    static void report(Throwable error) {
        say("error", "text", error.toString());
    }

    static Charset alphabet(int dataCoding) {
        return dataCoding == 8 ? CharsetUtil.CHARSET_UCS_2 : CharsetUtil.CHARSET_GSM;
    }

    /** Parts of a text, of whole characters. */
    static List<String> parts(String text) {
        int[] letters = text.codePoints().toArray();
        List<String> found = new ArrayList<>();
        for (int at = 0; at < letters.length; at += CHARACTERS) {
            found.add(new String(letters, at, Math.min(CHARACTERS, letters.length - at)));
        }
        return found;
    }

    /** A message that begins with a header of 8 or 16 bits of reference. */
    static byte[] headed(String way, int reference, int total, int number, byte[] text) {
        byte[] narrow = {5, 0, 3, (byte) reference, (byte) total, (byte) number};
        byte[] wide = {6, 8, 4, 0x78, (byte) reference, (byte) total, (byte) number};
        byte[] header = way.equals("udh16") ? wide : narrow;
        byte[] whole = Arrays.copyOf(header, header.length + text.length);
        System.arraycopy(text, 0, whole, header.length, text.length);
        return whole;
    }

    /** How, reference, total and number, from a user data header; null: it says nothing of segments. */
    static Object segment(byte[] header) {
        if (header.length >= 6 && header[1] == 0) {
            return new Object[] {"udh", header[3] & 255, header[4] & 255, header[5] & 255};
        }
        if (header.length >= 7 && header[1] == 8) {
            return new Object[] {"udh", (header[3] & 255) << 8 | header[4] & 255, header[5] & 255, header[6] & 255};
        }
        return null;
    }
}
