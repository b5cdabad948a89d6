import com.cloudhopper.smpp.PduAsyncResponse;
import com.cloudhopper.smpp.SmppBindType;
import com.cloudhopper.smpp.SmppConstants;
import com.cloudhopper.smpp.SmppSession;
import com.cloudhopper.smpp.SmppSessionConfiguration;
import com.cloudhopper.smpp.impl.DefaultSmppClient;
import com.cloudhopper.smpp.impl.DefaultSmppSessionHandler;
import com.cloudhopper.smpp.pdu.DeliverSm;
import com.cloudhopper.smpp.pdu.EnquireLink;
import com.cloudhopper.smpp.pdu.PduRequest;
import com.cloudhopper.smpp.pdu.PduResponse;
import com.cloudhopper.smpp.pdu.SubmitSm;
import com.cloudhopper.smpp.type.Address;
import com.cloudhopper.smpp.type.SmppChannelException;
import com.cloudhopper.smpp.type.SmppTimeoutException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.netty.channel.Channel;

/**
 * A client on cloudhopper.
 *
 * <p>Client load PORT CA COUNT WARM-UP WINDOW ACCOUNT, or Client idle PORT CA BINDS SECONDS; see ../../clients.py for
 * what it prints and when it ends.
 */
final class Client {
    /** Threads that share the idle sessions; one for each would be the library's default. */
    private static final int WORKERS = 4;

    public static void main(String[] arguments) {
        try {
            run(arguments);
            System.exit(0);
        } catch (Exception error) {
            error.printStackTrace();
            System.exit(1);
        }
    }

    private static void run(String[] arguments) throws Exception {
        int port = Integer.parseInt(arguments[1]);
        if (!arguments[2].equals("-")) {
            throw new IllegalArgumentException("not measured with TLS: its handshake hung, for a reason that was not found");
        }
        if (arguments[0].equals("idle")) {
            idle(port, Integer.parseInt(arguments[3]), Integer.parseInt(arguments[4]));
        } else {
            int window = Integer.parseInt(arguments[5]);
            load(port, Integer.parseInt(arguments[3]), Integer.parseInt(arguments[4]), window, arguments[6]);
        }
    }

    private static void load(int port, int count, int warmUp, int window, String account)
            throws Exception {
        DefaultSmppClient client = new Bound(1);
        Counter counter = new Counter(account.equals("receipts"));
        SmppSession session = client.bind(configuration(port, window, account), counter);
        send(session, counter, warmUp);
        long began = System.nanoTime();
        double used = cpu();
        send(session, counter, count);
        double seconds = (System.nanoTime() - began) / 1e9;
        System.out.printf("{\"messages\": %d, \"seconds\": %.6f, \"cpu\": %.6f}%n", count, seconds, cpu() - used);
        while (System.in.read() >= 0) {
            continue;
        }
    }

    private static void send(SmppSession session, Counter counter, int count) throws Exception {
        byte[] text = new byte[160];
        Arrays.fill(text, (byte) 'x');
        CountDownLatch done = counter.expect(count);
        for (int sent = 0; sent < count; sent++) {
            SubmitSm submit = new SubmitSm();
            submit.setSourceAddress(new Address((byte) 5, (byte) 0, "12345"));
            submit.setDestAddress(new Address((byte) 1, (byte) 1, "31612345678"));
            submit.setRegisteredDelivery((byte) 1);
            submit.setShortMessage(text);
            session.sendRequestPdu(submit, 30000, false);
        }
        done.await();
    }

    private static void idle(int port, int binds, int interval) throws Exception {
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
        DefaultSmppClient client = new Bound(WORKERS);
        System.out.println("{\"ready\": true}");
        System.in.read();
        List<SmppSession> sessions = new ArrayList<>();
        for (int number = 0; number < binds; number++) {
            SmppSession session = client.bind(configuration(port, 10, "bench"), new DefaultSmppSessionHandler());
            Runnable enquire = () -> enquire(session);
            timer.scheduleAtFixedRate(enquire, interval, interval, TimeUnit.SECONDS);
            sessions.add(session);
        }
        System.gc();
        System.out.printf("{\"bound\": %d}%n", sessions.size());
        while (System.in.read() >= 0) {
            continue;
        }
    }

    private static void enquire(SmppSession session) {
        try {
            session.sendRequestPdu(new EnquireLink(), 10000, false);
        } catch (Exception error) {
            throw new IllegalStateException(error);
        }
    }

    private static SmppSessionConfiguration configuration(int port, int window, String account) {
        SmppSessionConfiguration made = new SmppSessionConfiguration(SmppBindType.TRANSCEIVER, account, "secret");
        made.setHost("127.0.0.1");
        made.setPort(port);
        made.setWindowSize(window);
        made.setCountersEnabled(false);
        made.getLoggingOptions().setLogBytes(false);
        made.getLoggingOptions().setLogPdu(false);
        return made;
    }

    private static double cpu() {
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return system.getProcessCpuTime() / 1e9;
    }

    /** The library's client; -Dnodelay=true sets TCP_NODELAY, which the library does not. */
    private static final class Bound extends DefaultSmppClient {
        Bound(int workers) {
            super(Executors.newCachedThreadPool(), workers);
        }

        @Override
        protected Channel createConnectedChannel(String host, int port, long timeout)
                throws SmppTimeoutException, SmppChannelException, InterruptedException {
            Channel channel = super.createConnectedChannel(host, port, timeout);
            channel.getConfig().setOption("tcpNoDelay", Boolean.getBoolean("nodelay"));
            return channel;
        }
    }

    private static final class Counter extends DefaultSmppSessionHandler {
        private final boolean receipts;
        private volatile CountDownLatch outstanding = new CountDownLatch(0);

        Counter(boolean receipts) {
            this.receipts = receipts;
        }

        CountDownLatch expect(int messages) {
            outstanding = new CountDownLatch(receipts ? 2 * messages : messages);
            return outstanding;
        }

        @Override
        public void fireExpectedPduResponseReceived(PduAsyncResponse response) {
            if (response.getResponse().getCommandStatus() != SmppConstants.STATUS_OK) {
                throw new IllegalStateException("refused");
            }
            outstanding.countDown();
        }

        @Override
        @SuppressWarnings("rawtypes")
        public PduResponse firePduRequestReceived(PduRequest request) {
            if (request instanceof DeliverSm) {
                outstanding.countDown();
            }
            return request.createResponse();
        }
    }
}
