// An SMSC on gosmpp's codec and Go's own TLS, with the events and commands of ../node/smsc.js.
// Its message ids are hexadecimal in responses and decimal in receipts, which have no optional parameters.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"
)

// Of each segment that we send: fits with every header, in each alphabet.
const characters = 60

type fields map[string]any

type config struct {
	Accounts map[string]string
	Ports    map[string]struct {
		Port          int
		Key, Cert, CA string
	}
}

type command struct{ Do, Account, Password, From, To, Text, Coding, Long string }

type session struct {
	conn    net.Conn
	port    string
	account string
	kind    string
	reports map[int32]string // message ids of receipts without an answer, by sequence number
}

var (
	lock      sync.Mutex // guards everything below, and stdout
	accounts  map[string]string
	bound     = map[*session]bool{}
	messages  = uint32(0x5eed0000)
	reference byte
	output    = json.NewEncoder(os.Stdout)
	kinds     = map[pdu.BindingType]string{
		pdu.Transceiver: "Transceiver", pdu.Receiver: "Receiver", pdu.Transmitter: "Transmitter",
	}
	codings = map[string]data.Encoding{"gsm": data.GSM7BIT, "ucs2": data.UCS2}
)

func say(event string, more fields) {
	more["event"] = event
	must(output.Encode(more))
}

func (s *session) send(message pdu.PDU) {
	buffer := pdu.NewBuffer(nil)
	message.Marshal(buffer)
	s.conn.Write(buffer.Bytes())
}

func (s *session) bind(request *pdu.BindRequest) {
	response := pdu.NewBindResp(*request)
	response.SystemID = "GOSMPP"
	if password, known := accounts[request.SystemID]; !known {
		response.CommandStatus = data.ESME_RINVSYSID
	} else if password != request.Password {
		response.CommandStatus = data.ESME_RINVPASWD
	} else {
		s.account, s.kind = request.SystemID, kinds[request.BindingType]
		bound[s] = true
	}
	var certificate any
	if secure, ok := s.conn.(*tls.Conn); ok && len(secure.ConnectionState().PeerCertificates) > 0 {
		certificate = secure.ConnectionState().PeerCertificates[0].Subject.CommonName
	}
	s.send(response)
	say("bind", fields{
		"port": s.port, "account": request.SystemID, "kind": kinds[request.BindingType],
		"status": int(response.CommandStatus), "version": int(request.InterfaceVersion), "certificate": certificate,
	})
}

// How, reference, total and number, from the user data header or the SAR parameters.
func segment(request *pdu.SubmitSM) any {
	header := request.Message.UDH()
	if total, number, reference, found := header.GetConcatInfo(); found {
		return []any{"udh", int(reference), int(total), int(number)}
	}
	if element, found := header.FindInfoElement(8); found {
		wide := binary.BigEndian.Uint16(element.Data)
		return []any{"udh", int(wide), int(element.Data[2]), int(element.Data[3])}
	}
	if total, found := request.OptionalParameters[pdu.TagSarTotalSegments]; found {
		wide := binary.BigEndian.Uint16(request.OptionalParameters[pdu.TagSarMsgRefNum].Data)
		number := request.OptionalParameters[pdu.TagSarSegmentSeqnum]
		return []any{"sar", int(wide), int(total.Data[0]), int(number.Data[0])}
	}
	return nil
}

func (s *session) receive(request *pdu.SubmitSM) {
	messages++
	response := request.GetResponse().(*pdu.SubmitSMResp)
	response.MessageID = fmt.Sprintf("%X", messages)
	s.send(response)
	text, err := request.Message.GetMessage()
	must(err)
	payload, long := request.OptionalParameters[pdu.TagMessagePayload]
	if long {
		text, err = request.Message.Encoding().Decode(payload.Data)
		must(err)
	}
	say("submit", fields{
		"port": s.port, "account": s.account, "id": response.MessageID, "payload": long, "text": text,
		"segment": segment(request), "from": request.SourceAddr.Address(), "from_ton": int(request.SourceAddr.Ton()),
		"from_npi": int(request.SourceAddr.Npi()), "to": request.DestAddr.Address(),
		"to_ton": int(request.DestAddr.Ton()), "to_npi": int(request.DestAddr.Npi()),
		"service_type": request.ServiceType, "esm_class": int(request.EsmClass),
		"protocol_id": int(request.ProtocolID), "priority_flag": int(request.PriorityFlag),
		"registered_delivery": int(request.RegisteredDelivery),
		"data_coding":         int(request.Message.Encoding().DataCoding()),
	})
	if request.RegisteredDelivery&1 == 0 {
		return
	}
	date := time.Now().UTC().Format("0601021504")
	receipt := newMessage(request.DestAddr.Address(), request.SourceAddr.Address())
	receipt.EsmClass = data.SM_SMSC_DLV_RCPT_TYPE
	must(receipt.Message.SetMessageWithEncoding(fmt.Sprintf(
		"id:%010d sub:001 dlvrd:001 submit date:%s done date:%s stat:DELIVRD err:000 text:", messages, date, date,
	), data.GSM7BIT))
	to := receiver(s.account)
	to.reports[receipt.GetSequenceNumber()] = response.MessageID
	to.send(receipt)
}

func (s *session) serve() {
	defer s.conn.Close()
	for {
		message, err := pdu.Parse(s.conn)
		lock.Lock()
		if err != nil {
			delete(bound, s)
			say("closed", fields{"port": s.port, "account": s.account, "text": err.Error()})
			lock.Unlock()
			return
		}
		switch request := message.(type) {
		case *pdu.BindRequest:
			s.bind(request)
		case *pdu.EnquireLink:
			s.send(request.GetResponse())
			say("enquire_link", fields{"port": s.port, "account": s.account})
		case *pdu.SubmitSM:
			s.receive(request)
		case *pdu.Unbind:
			say("unbind", fields{"port": s.port, "account": s.account, "kind": s.kind})
			s.send(request.GetResponse())
		case *pdu.UnbindResp:
			s.conn.Close()
		case *pdu.DeliverSMResp:
			status := int(request.CommandStatus)
			if id, found := s.reports[request.GetSequenceNumber()]; found {
				say("receipt", fields{"account": s.account, "id": id, "status": status})
			} else {
				say("delivered", fields{"account": s.account, "status": status})
			}
		}
		lock.Unlock()
	}
}

func newMessage(from, to string) *pdu.DeliverSM {
	message := pdu.NewDeliverSM().(*pdu.DeliverSM)
	must(message.SourceAddr.SetAddress(from))
	must(message.DestAddr.SetAddress(to))
	return message
}

func receiver(account string) *session {
	for s := range bound {
		if s.account == account && s.kind != "Transmitter" {
			return s
		}
	}
	panic("nobody to deliver to")
}

func deliver(order command) {
	to, coding := receiver(order.Account), codings[order.Coding]
	switch order.Long {
	case "udh":
		parts, err := pdu.NewLongMessageWithEncoding(order.Text, coding)
		must(err)
		for _, part := range parts {
			message := newMessage(order.From, order.To)
			message.EsmClass, message.Message = data.SM_UDH_GSM, *part
			to.send(message)
		}
	case "udh16", "sar":
		letters := []rune(order.Text)
		total := (len(letters) + characters - 1) / characters
		reference++
		for number := 0; number < total; number++ {
			part := letters[number*characters : min((number+1)*characters, len(letters))]
			message := newMessage(order.From, order.To)
			must(message.Message.SetMessageWithEncoding(string(part), coding))
			if order.Long == "udh16" {
				element := []byte{0x56, reference, byte(total), byte(number + 1)}
				message.EsmClass = data.SM_UDH_GSM
				message.Message.SetUDH(pdu.UDH{pdu.InfoElement{ID: 8, Data: element}})
			} else {
				message.RegisterOptionalParam(pdu.Field{Tag: pdu.TagSarMsgRefNum, Data: []byte{0, reference}})
				message.RegisterOptionalParam(pdu.Field{Tag: pdu.TagSarTotalSegments, Data: []byte{byte(total)}})
				message.RegisterOptionalParam(pdu.Field{Tag: pdu.TagSarSegmentSeqnum, Data: []byte{byte(number + 1)}})
			}
			to.send(message)
		}
	case "payload":
		message := newMessage(order.From, order.To)
		must(message.Message.SetMessageWithEncoding("", coding))
		octets, err := coding.Encode(order.Text)
		must(err)
		message.RegisterOptionalParam(pdu.Field{Tag: pdu.TagMessagePayload, Data: octets})
		to.send(message)
	default:
		message := newMessage(order.From, order.To)
		must(message.Message.SetMessageWithEncoding(order.Text, coding))
		to.send(message)
	}
}

func obey(order command) {
	switch order.Do {
	case "password":
		accounts[order.Account] = order.Password
		say("password", fields{"account": order.Account})
		return
	case "deliver":
		deliver(order)
		return
	}
	for s := range bound {
		if s.account == order.Account && order.Do == "unbind" {
			s.send(pdu.NewUnbind())
		} else if s.account == order.Account && order.Do == "destroy" {
			s.conn.Close()
		}
	}
}

func listen(port int, key, cert, ca string) (net.Listener, error) {
	address := fmt.Sprintf("127.0.0.1:%d", port)
	if key == "" {
		return net.Listen("tcp", address)
	}
	identity, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, err
	}
	settings := &tls.Config{Certificates: []tls.Certificate{identity}}
	if ca != "" {
		pem, err := os.ReadFile(ca)
		if err != nil {
			return nil, err
		}
		settings.ClientAuth, settings.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
		settings.ClientCAs.AppendCertsFromPEM(pem)
	}
	return tls.Listen("tcp", address, settings)
}

func accept(name string, listener net.Listener) {
	for {
		conn, err := listener.Accept() // with TCP_NODELAY, Go's default
		must(err)
		go (&session{conn: conn, port: name, reports: map[int32]string{}}).serve()
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Scan()
	var start config
	must(json.Unmarshal(lines.Bytes(), &start))
	accounts = start.Accounts
	ports := map[string]int{}
	for name, port := range start.Ports {
		listener, err := listen(port.Port, port.Key, port.Cert, port.CA)
		must(err)
		ports[name] = listener.Addr().(*net.TCPAddr).Port
		go accept(name, listener)
	}
	lock.Lock()
	say("ready", fields{"ports": ports})
	lock.Unlock()
	for lines.Scan() {
		var order command
		must(json.Unmarshal(lines.Bytes(), &order))
		lock.Lock()
		obey(order)
		lock.Unlock()
	}
}
