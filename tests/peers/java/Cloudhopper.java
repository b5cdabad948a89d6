import com.cloudhopper.commons.charset.CharsetUtil;
import com.cloudhopper.commons.gsm.GsmUtil;
import com.cloudhopper.smpp.PduAsyncResponse;
import com.cloudhopper.smpp.SmppBindType;
import com.cloudhopper.smpp.SmppConstants;
import com.cloudhopper.smpp.SmppServerConfiguration;
import com.cloudhopper.smpp.SmppServerHandler;
import com.cloudhopper.smpp.SmppServerSession;
import com.cloudhopper.smpp.SmppSessionConfiguration;
import com.cloudhopper.smpp.impl.DefaultSmppServer;
import com.cloudhopper.smpp.impl.DefaultSmppSession;
import com.cloudhopper.smpp.impl.DefaultSmppSessionHandler;
import com.cloudhopper.smpp.pdu.*;
import com.cloudhopper.smpp.ssl.SslConfiguration;
import com.cloudhopper.smpp.tlv.Tlv;
import com.cloudhopper.smpp.type.Address;
import com.cloudhopper.smpp.type.SmppProcessingException;
import com.cloudhopper.smpp.util.DeliveryReceipt;
import com.cloudhopper.smpp.util.SmppUtil;
import java.net.ServerSocket;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.netty.handler.ssl.SslHandler;
import org.joda.time.DateTime;

/**
 * An SMSC on cloudhopper (ch-smpp) and its TLS, with the events and commands of ../node/smsc.js. Its message ids are
 * hexadecimal with leading zeros in responses and decimal in receipts.
 */
final class Cloudhopper {
    private static final Map<SmppBindType, String> KINDS = Map.of(SmppBindType.TRANSCEIVER, "Transceiver",
        SmppBindType.RECEIVER, "Receiver", SmppBindType.TRANSMITTER, "Transmitter");
    private static final long PATIENCE = 10_000;

    private final ExecutorService work = Executors.newCachedThreadPool();
    private final Map<Long, Client> bound = new ConcurrentHashMap<>();
    private final Map<String, String> accounts;
    private final AtomicLong messages = new AtomicLong(0xc10d0000L);
    private int references;

    private Cloudhopper(Map<String, String> accounts) {
        this.accounts = new ConcurrentHashMap<>(accounts);
    }

    /** Binds of one port. */
    private final class Gate implements SmppServerHandler {
        final String port;
        final Map<Long, Integer> versions = new ConcurrentHashMap<>();

        Gate(String port) {
            this.port = port;
        }

        @Override
        public void sessionBindRequested(Long number, SmppSessionConfiguration configuration, BaseBind request)
                throws SmppProcessingException {
            int version = request.getInterfaceVersion() & 255;
            String account = configuration.getSystemId();
            int status = 0;
            if (!accounts.containsKey(account)) {
                status = SmppConstants.STATUS_INVSYSID;
            } else if (!accounts.get(account).equals(configuration.getPassword())) {
                status = SmppConstants.STATUS_INVPASWD;
            }
            if (status != 0) {
                Console.say("bind", "port", port, "account", account, "kind", KINDS.get(configuration.getType()),
                    "status", status, "version", version, "certificate", null);
                throw new SmppProcessingException(status);
            }
            versions.put(number, version);
            configuration.setWindowSize(100);
        }

        @Override
        public void sessionCreated(Long number, SmppServerSession session, BaseBindResp response)
                throws SmppProcessingException {
            try {
                Client client = new Client(port, (DefaultSmppSession) session);
                client.session.getChannel().getConfig().setOption("tcpNoDelay", true);
                SslHandler tls = client.session.getChannel().getPipeline().get(SslHandler.class);
                String certificate = port.equals("mutual") ? Tls.name(tls.getEngine().getSession()) : null;
                bound.put(number, client);
                Console.say("bind", "port", port, "account", client.account, "kind", client.kind, "status", 0,
                    "version", versions.remove(number), "certificate", certificate);
                session.serverReady(client);
            } catch (Exception error) {
                Console.report(error);
                throw new SmppProcessingException(SmppConstants.STATUS_SYSERR);
            }
        }

        @Override
        public void sessionDestroyed(Long number, SmppServerSession session) {
            Client client = bound.remove(number);
            if (client != null) {
                Console.say("closed", "port", port, "account", client.account);
                client.turn.shutdown();
            }
            session.destroy();
        }
    }

    /** One bound ESME. */
    private final class Client extends DefaultSmppSessionHandler {
        final String port, account, kind;
        final DefaultSmppSession session;
        /** Sending waits for the write, which Netty forbids on the thread that reads. */
        final ExecutorService turn = Executors.newSingleThreadExecutor();

        Client(String port, DefaultSmppSession session) {
            this.port = port;
            this.session = session;
            account = session.getConfiguration().getSystemId();
            kind = KINDS.get(session.getConfiguration().getType());
        }

        @Override
        public PduResponse firePduRequestReceived(PduRequest request) {
            turn.execute(() -> {
                try {
                    answer(request);
                } catch (Exception error) {
                    Console.report(error);
                }
            });
            return null;
        }

        private void answer(PduRequest request) throws Exception {
            if (request instanceof SubmitSm) {
                receive((SubmitSm) request);
                return;
            }
            if (request instanceof EnquireLink) {
                Console.say("enquire_link", "port", port, "account", account);
            } else if (request instanceof Unbind) {
                Console.say("unbind", "port", port, "account", account, "kind", kind);
            }
            session.sendResponsePdu(request.createResponse());
        }

        @Override
        public void fireExpectedPduResponseReceived(PduAsyncResponse answer) {
            int status = answer.getResponse().getCommandStatus();
            Object id = answer.getRequest().getReferenceObject();
            if (id == null) {
                Console.say("delivered", "account", account, "status", status);
            } else {
                Console.say("receipt", "account", account, "id", id, "status", status);
            }
        }

        private void receive(SubmitSm submit) throws Exception {
            long number = messages.incrementAndGet();
            String id = String.format("%010x", number);
            SubmitSmResp response = submit.createResponse();
            response.setMessageId(id);
            session.sendResponsePdu(response);
            Tlv payload = submit.getOptionalParameter(SmppConstants.TAG_MESSAGE_PAYLOAD);
            byte[] octets = payload == null ? submit.getShortMessage() : payload.getValue();
            Object segment = null;
            if (SmppUtil.isUserDataHeaderIndicatorEnabled(submit.getEsmClass())) {
                segment = Console.segment(GsmUtil.getShortMessageUserDataHeader(octets));
                octets = GsmUtil.getShortMessageUserData(octets);
            }
            Tlv total = submit.getOptionalParameter(SmppConstants.TAG_SAR_TOTAL_SEGMENTS);
            if (total != null) {
                segment = new Object[] {
                    "sar", submit.getOptionalParameter(SmppConstants.TAG_SAR_MSG_REF_NUM).getValueAsUnsignedShort(),
                    total.getValueAsUnsignedByte(),
                    submit.getOptionalParameter(SmppConstants.TAG_SAR_SEGMENT_SEQNUM).getValueAsUnsignedByte()};
            }
            Address from = submit.getSourceAddress();
            Address to = submit.getDestAddress();
            Console.say("submit", "port", port, "account", account, "id", id, "payload", payload != null,
                "text", CharsetUtil.decode(octets, Console.alphabet(submit.getDataCoding())), "segment", segment,
                "from", from.getAddress(), "from_ton", from.getTon(), "from_npi", from.getNpi(),
                "to", to.getAddress(), "to_ton", to.getTon(), "to_npi", to.getNpi(),
                "service_type", submit.getServiceType(), "esm_class", submit.getEsmClass() & 255,
                "protocol_id", submit.getProtocolId() & 255, "priority_flag", submit.getPriority(),
                "registered_delivery", submit.getRegisteredDelivery(), "data_coding", submit.getDataCoding() & 255);
            if ((submit.getRegisteredDelivery() & 1) == 0) {
                return;
            }
            DateTime now = new DateTime();
            DeliveryReceipt receipt = new DeliveryReceipt(
                Long.toString(number), 1, 1, now, now, SmppConstants.STATE_DELIVERED, 0, "");
            DeliverSm report = message(to.getAddress(), from.getAddress(), 0);
            report.setEsmClass((byte) Console.RECEIPT);
            report.setShortMessage(CharsetUtil.encode(receipt.toShortMessage(), CharsetUtil.CHARSET_GSM));
            report.setReferenceObject(id);
            work.execute(() -> receiver(account).send(report));
        }

        void send(DeliverSm message) {
            try {
                session.sendRequestPdu(message, PATIENCE, false);
            } catch (Exception error) {
                Console.report(error);
            }
        }
    }

    private static DeliverSm message(String from, String to, int coding) {
        DeliverSm message = new DeliverSm();
        message.setSourceAddress(new Address((byte) 0, (byte) 0, from));
        message.setDestAddress(new Address((byte) 0, (byte) 0, to));
        message.setDataCoding((byte) coding);
        return message;
    }

    private Client receiver(String account) {
        return bound.values().stream().filter(one -> one.account.equals(account) && !one.kind.equals("Transmitter"))
            .findFirst().orElseThrow();
    }

    private void deliver(Console.Order order) {
        try {
            Client to = receiver(order.account);
            String way = order.way == null ? "" : order.way;
            byte[] whole = CharsetUtil.encode(order.text, Console.alphabet(order.dataCoding()));
            references = references % 127 + 1;
            if (way.equals("udh")) {
                for (byte[] part : GsmUtil.createConcatenatedBinaryShortMessages(whole, (byte) references)) {
                    DeliverSm message = message(order.from, order.to, order.dataCoding());
                    message.setEsmClass((byte) Console.UDHI);
                    message.setShortMessage(part);
                    to.send(message);
                }
            } else if (way.equals("sar") || way.equals("udh16")) {
                var parts = Console.parts(order.text);
                for (int number = 1; number <= parts.size(); number++) {
                    DeliverSm message = message(order.from, order.to, order.dataCoding());
                    byte[] octets = CharsetUtil.encode(parts.get(number - 1), Console.alphabet(order.dataCoding()));
                    if (way.equals("udh16")) {
                        message.setEsmClass((byte) Console.UDHI);
                        message.setShortMessage(Console.headed(way, references, parts.size(), number, octets));
                        to.send(message);
                        continue;
                    }
                    message.setShortMessage(octets);
                    byte[] reference = {0, (byte) references};
                    message.setOptionalParameter(new Tlv(SmppConstants.TAG_SAR_MSG_REF_NUM, reference));
                    message.setOptionalParameter(
                        new Tlv(SmppConstants.TAG_SAR_TOTAL_SEGMENTS, new byte[] {(byte) parts.size()}));
                    message.setOptionalParameter(
                        new Tlv(SmppConstants.TAG_SAR_SEGMENT_SEQNUM, new byte[] {(byte) number}));
                    to.send(message);
                }
            } else {
                DeliverSm message = message(order.from, order.to, order.dataCoding());
                if (way.equals("payload")) {
                    message.setOptionalParameter(new Tlv(SmppConstants.TAG_MESSAGE_PAYLOAD, whole));
                } else {
                    message.setShortMessage(whole);
                }
                to.send(message);
            }
        } catch (Exception error) {
            Console.report(error);
        }
    }

    private void obey(Console.Order order) {
        switch (order.what) {
            case "password" -> {
                accounts.put(order.account, order.password);
                Console.say("password", "account", order.account);
            }
            case "deliver" -> work.execute(() -> deliver(order));
            default -> bound.values().stream().filter(one -> one.account.equals(order.account)).forEach(one ->
                work.execute(() -> {
                    if (order.what.equals("unbind")) {
                        one.session.unbind(PATIENCE);
                    } else {
                        one.session.close();
                    }
                }));
        }
    }

    private static SslConfiguration tls(Console.Port port) throws Exception {
        SslConfiguration tls = new SslConfiguration();
        tls.setKeyStoreType("PKCS12");
        tls.setKeyStorePath(Tls.save(Tls.identity(port)));
        tls.setKeyStorePassword(Tls.PASSWORD);
        tls.setKeyManagerPassword(Tls.PASSWORD);
        if (port.ca != null) {
            tls.setTrustAll(false);
            tls.setNeedClientAuth(true);
            tls.setTrustStoreType("PKCS12");
            tls.setTrustStorePath(Tls.save(Tls.trust(port)));
            tls.setTrustStorePassword(Tls.PASSWORD);
        }
        return tls;
    }

    /** The server takes no port 0 that it would tell: one that was free a moment ago. */
    private static int free() throws Exception {
        try (ServerSocket probe = new ServerSocket(0)) {
            return probe.getLocalPort();
        }
    }

    public static void main(String[] arguments) throws Exception {
        Console console = new Console();
        Console.Start start = console.start();
        Cloudhopper smsc = new Cloudhopper(start.accounts);
        Map<String, Integer> ports = new HashMap<>();
        for (Map.Entry<String, Console.Port> entry : start.ports.entrySet()) {
            Console.Port port = entry.getValue();
            SmppServerConfiguration configuration = new SmppServerConfiguration();
            configuration.setHost("127.0.0.1");
            configuration.setPort(port.port == 0 ? free() : port.port);
            configuration.setSystemId("CLOUDHOPPER");
            configuration.setReuseAddress(true);
            configuration.setJmxEnabled(false);
            if (port.key != null) {
                configuration.setUseSsl(true);
                configuration.setSslConfiguration(tls(port));
            }
            new DefaultSmppServer(configuration, smsc.new Gate(entry.getKey()), smsc.work).start();
            ports.put(entry.getKey(), configuration.getPort());
        }
        Console.say("ready", "ports", ports);
        console.orders(smsc::obey);
    }
}
