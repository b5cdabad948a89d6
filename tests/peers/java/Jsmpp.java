import com.cloudhopper.commons.charset.CharsetUtil;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.jsmpp.SMPPConstant;
import org.jsmpp.bean.*;
import org.jsmpp.extra.NegativeResponseException;
import org.jsmpp.extra.ProcessRequestException;
import org.jsmpp.extra.SessionState;
import org.jsmpp.session.*;
import org.jsmpp.session.connection.Connection;
import org.jsmpp.session.connection.ServerConnection;
import org.jsmpp.session.connection.ServerConnectionFactory;
import org.jsmpp.session.connection.socket.ServerSocketConnection;
import org.jsmpp.session.connection.socket.SocketConnection;
import org.jsmpp.util.DeliveryReceiptState;
import org.jsmpp.util.MessageId;

/**
 * An SMSC on jSMPP and Java's own TLS, with the events and commands of ../node/smsc.js; it does not tell of enquire_link.
 * As in jSMPP's own simulator, message ids are hexadecimal in responses and decimal in receipts.
 */
final class Jsmpp implements ServerMessageReceiverListener, ServerResponseDeliveryListener, SessionStateListener {
    private static final class Bound {
        SMPPServerSession session;
        Socket socket;
        String port, account, kind;
    }

    private static final Map<BindType, String> KINDS = Map.of(
        BindType.BIND_TRX, "Transceiver", BindType.BIND_RX, "Receiver", BindType.BIND_TX, "Transmitter");
    private static final TypeOfNumber TON = TypeOfNumber.UNKNOWN;
    private static final NumberingPlanIndicator NPI = NumberingPlanIndicator.UNKNOWN;

    private final ExecutorService work = Executors.newCachedThreadPool();
    private final Map<Session, Bound> bound = new ConcurrentHashMap<>();
    private final Map<String, SubmitSm> accepted = new ConcurrentHashMap<>();
    private final Map<String, String> accounts;
    private int messages = 0x7ea50000;
    private int references;

    private Jsmpp(Map<String, String> accounts) {
        this.accounts = new ConcurrentHashMap<>(accounts);
    }

    /** Accepts for one port; keeps the socket of the last connection, for the session that is made of it. */
    private final class Listener implements ServerConnectionFactory {
        final ServerSocket server;
        Socket last;

        Listener(Console.Port port) throws Exception {
            InetAddress here = InetAddress.getByName("127.0.0.1");
            if (port.key == null) {
                server = new ServerSocket(port.port, 100, here);
            } else {
                server = Tls.context(port).getServerSocketFactory().createServerSocket(port.port, 100, here);
                ((SSLServerSocket) server).setNeedClientAuth(port.ca != null);
            }
        }

        public ServerConnection listen(int port) {
            return new ServerSocketConnection(server) {
                @Override
                public Connection accept() throws java.io.IOException {
                    last = server.accept();
                    last.setTcpNoDelay(true);
                    return new SocketConnection(last);
                }
            };
        }

        public ServerConnection listen(int port, int timeout) {
            return listen(port);
        }

        public ServerConnection listen(int port, int timeout, int backlog) {
            return listen(port);
        }
    }

    private void serve(String port, Listener connections) {
        try (SMPPServerSessionListener listener = new SMPPServerSessionListener(0, connections)) {
            listener.setMessageReceiverListener(this);
            listener.setResponseDeliveryListener(this);
            listener.setSessionStateListener(this);
            listener.setPduProcessorDegree(1);
            while (true) {
                Bound one = new Bound();
                one.session = listener.accept();
                one.socket = connections.last;
                one.port = port;
                work.execute(() -> bind(one));
            }
        } catch (Exception error) {
            Console.report(error);
        }
    }

    private void bind(Bound one) {
        try {
            one.session.setTransactionTimer(10_000);
            BindRequest request = one.session.waitForBind(10_000);
            String certificate = null;
            if (one.port.equals("mutual")) {
                certificate = Tls.name(((SSLSocket) one.socket).getSession());
            }
            int status = SMPPConstant.STAT_ESME_ROK;
            if (!accounts.containsKey(request.getSystemId())) {
                status = SMPPConstant.STAT_ESME_RINVSYSID;
            } else if (!accounts.get(request.getSystemId()).equals(request.getPassword())) {
                status = SMPPConstant.STAT_ESME_RINVPASWD;
            }
            one.kind = KINDS.get(request.getBindType());
            Console.say("bind", "port", one.port, "account", request.getSystemId(), "kind", one.kind, "status", status,
                "version", (int) request.getInterfaceVersion().value(), "certificate", certificate);
            if (status == SMPPConstant.STAT_ESME_ROK) {
                one.account = request.getSystemId();
                bound.put(one.session, one);
                request.accept("JSMPP");
            } else {
                request.reject(status);
                one.session.close();
            }
        } catch (Exception error) {
            Console.say("error", "port", one.port, "text", error.toString());
            one.session.close();
        }
    }

    @Override
    public void onStateChange(SessionState now, SessionState before, Session session) {
        Bound one = bound.get(session);
        if (one == null) {
            return;
        }
        if (now == SessionState.UNBOUND) {
            Console.say("unbind", "port", one.port, "account", one.account, "kind", one.kind);
        } else if (now == SessionState.CLOSED && bound.remove(session) != null) {
            Console.say("closed", "port", one.port, "account", one.account);
        }
    }

    @Override
    public SubmitSmResult onAcceptSubmitSm(SubmitSm submit, SMPPServerSession session) throws ProcessRequestException {
        try {
            String id = Integer.toHexString(++messages);
            Bound one = bound.get(session);
            OptionalParameter.Message_payload payload =
                submit.getOptionalParameter(OptionalParameter.Message_payload.class);
            byte[] octets = payload == null ? submit.getShortMessage() : payload.getValue();
            int header = submit.isUdhi() ? octets[0] + 1 : 0;
            byte[] text = java.util.Arrays.copyOfRange(octets, header, octets.length);
            Object segment = Console.segment(java.util.Arrays.copyOf(octets, header));
            OptionalParameter.Sar_total_segments total =
                submit.getOptionalParameter(OptionalParameter.Sar_total_segments.class);
            if (total != null) {
                int reference = submit.getOptionalParameter(OptionalParameter.Sar_msg_ref_num.class).getValue() & 0xFFFF;
                int number = submit.getOptionalParameter(OptionalParameter.Sar_segment_seqnum.class).getValue() & 255;
                segment = new Object[] {"sar", reference, total.getValue() & 255, number};
            }
            Console.say("submit", "port", one.port, "account", one.account, "id", id, "payload", payload != null,
                "text", CharsetUtil.decode(text, Console.alphabet(submit.getDataCoding())), "segment", segment,
                "from", submit.getSourceAddr(), "from_ton", submit.getSourceAddrTon(),
                "from_npi", submit.getSourceAddrNpi(), "to", submit.getDestAddress(),
                "to_ton", submit.getDestAddrTon(), "to_npi", submit.getDestAddrNpi(),
                "service_type", submit.getServiceType(), "esm_class", submit.getEsmClass() & 255,
                "protocol_id", submit.getProtocolId() & 255, "priority_flag", submit.getPriorityFlag(),
                "registered_delivery", submit.getRegisteredDelivery(), "data_coding", submit.getDataCoding() & 255);
            accepted.put(id, submit);
            return new SubmitSmResult(new MessageId(id), new OptionalParameter[0]);
        } catch (Exception error) {
            Console.report(error);
            throw new ProcessRequestException(error.toString(), SMPPConstant.STAT_ESME_RSYSERR, error);
        }
    }

    @Override
    public void onSubmitSmRespSent(SubmitSmResult result, SMPPServerSession session) {
        SubmitSm submit = accepted.remove(result.getMessageId());
        Bound one = bound.get(session);
        if ((submit.getRegisteredDelivery() & 1) == 0 || one == null) {
            return;
        }
        String id = Integer.toString(Integer.parseUnsignedInt(result.getMessageId(), 16));
        DeliveryReceipt receipt = new DeliveryReceipt(
            id, 1, 1, new Date(), new Date(), DeliveryReceiptState.DELIVRD, "000", "");
        work.execute(() -> Console.say("receipt", "account", one.account, "id", result.getMessageId(), "status",
            send(one.account, submit.getDestAddress(), submit.getSourceAddr(), Console.RECEIPT, (byte) 0,
                receipt.toString().getBytes(java.nio.charset.StandardCharsets.US_ASCII))));
    }

    /** Returns the status of the answer; -1: none came. */
    private int send(String account, String from, String to, int esmClass, byte coding, byte[] octets,
            OptionalParameter... more) {
        try {
            receiver(account).session.deliverShortMessage("", TON, NPI, from, TON, NPI, to, new ESMClass(esmClass),
                (byte) 0, (byte) 0, new RegisteredDelivery(0), new RawDataCoding(coding), octets, more);
            return SMPPConstant.STAT_ESME_ROK;
        } catch (NegativeResponseException error) {
            return error.getCommandStatus();
        } catch (Exception error) {
            Console.report(error);
            return -1;
        }
    }

    private Bound receiver(String account) {
        return bound.values().stream().filter(one -> one.account.equals(account) && !one.kind.equals("Transmitter"))
            .findFirst().orElseThrow();
    }

    private void deliver(Console.Order order) {
        List<String> parts = order.way == null || order.way.equals("payload")
            ? List.of(order.text) : Console.parts(order.text);
        references = references % 255 + 1;
        for (int number = 1; number <= parts.size(); number++) {
            byte[] octets = CharsetUtil.encode(parts.get(number - 1), Console.alphabet(order.dataCoding()));
            if ("udh".equals(order.way) || "udh16".equals(order.way)) {
                octets = Console.headed(order.way, references, parts.size(), number, octets);
                send(order, Console.UDHI, octets);
            } else if ("sar".equals(order.way)) {
                send(order, 0, octets,
                    OptionalParameters.newSarMsgRefNum(references), OptionalParameters.newSarTotalSegments(parts.size()),
                    OptionalParameters.newSarSegmentSeqnum(number));
            } else if ("payload".equals(order.way)) {
                send(order, 0, new byte[0], new OptionalParameter.Message_payload(octets));
            } else {
                send(order, 0, octets);
            }
        }
    }

    /** Without waiting for the answer to the segment before, which jSMPP does: they may overtake each other. */
    private void send(Console.Order order, int esmClass, byte[] octets, OptionalParameter... more) {
        work.execute(() -> Console.say("delivered", "account", order.account, "status",
            send(order.account, order.from, order.to, esmClass, order.dataCoding(), octets, more)));
    }

    private void obey(Console.Order order) {
        switch (order.what) {
            case "password" -> {
                accounts.put(order.account, order.password);
                Console.say("password", "account", order.account);
            }
            case "deliver" -> deliver(order);
            default -> bound.values().stream().filter(one -> one.account.equals(order.account)).forEach(one ->
                work.execute(() -> {
                    if (order.what.equals("unbind")) {
                        one.session.unbindAndClose();
                    } else {
                        one.session.close();
                    }
                }));
        }
    }

    @Override
    public void onSubmitSmRespError(SubmitSmResult result, Exception error, SMPPServerSession session) {
        Console.report(error);
    }

    @Override
    public void onSubmitMultiRespSent(SubmitMultiResult result, SMPPServerSession session) {}

    @Override
    public void onSubmitMultiRespError(SubmitMultiResult result, Exception error, SMPPServerSession session) {}

    @Override
    public SubmitMultiResult onAcceptSubmitMulti(SubmitMulti request, SMPPServerSession session)
            throws ProcessRequestException {
        throw unserved();
    }

    @Override
    public QuerySmResult onAcceptQuerySm(QuerySm request, SMPPServerSession session) throws ProcessRequestException {
        throw unserved();
    }

    @Override
    public void onAcceptReplaceSm(ReplaceSm request, SMPPServerSession session) throws ProcessRequestException {
        throw unserved();
    }

    @Override
    public void onAcceptCancelSm(CancelSm request, SMPPServerSession session) throws ProcessRequestException {
        throw unserved();
    }

    @Override
    public BroadcastSmResult onAcceptBroadcastSm(BroadcastSm request, SMPPServerSession session)
            throws ProcessRequestException {
        throw unserved();
    }

    @Override
    public void onAcceptCancelBroadcastSm(CancelBroadcastSm request, SMPPServerSession session)
            throws ProcessRequestException {
        throw unserved();
    }

    @Override
    public QueryBroadcastSmResult onAcceptQueryBroadcastSm(QueryBroadcastSm request, SMPPServerSession session)
            throws ProcessRequestException {
        throw unserved();
    }

    @Override
    public DataSmResult onAcceptDataSm(DataSm request, Session session) throws ProcessRequestException {
        throw unserved();
    }

    private static ProcessRequestException unserved() {
        return new ProcessRequestException("not served here", SMPPConstant.STAT_ESME_RINVCMDID);
    }

    public static void main(String[] arguments) throws Exception {
        Console console = new Console();
        Console.Start start = console.start();
        Jsmpp smsc = new Jsmpp(start.accounts);
        Map<String, Integer> ports = new java.util.HashMap<>();
        for (Map.Entry<String, Console.Port> port : start.ports.entrySet()) {
            Listener listener = smsc.new Listener(port.getValue());
            ports.put(port.getKey(), listener.server.getLocalPort());
            smsc.work.execute(() -> smsc.serve(port.getKey(), listener));
        }
        Console.say("ready", "ports", ports);
        console.orders(smsc::obey);
    }
}
