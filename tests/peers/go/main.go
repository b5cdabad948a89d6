// An SMSC on gosmpp's codec and Go's own TLS, with the events and commands of ../node/smsc.js.
package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net"
	"os"
	"sync"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"
)

type fields map[string]any

type config struct {
	Accounts map[string]string
	Ports    map[string]struct{ Key, Cert, CA string }
}

type command struct{ Do, Account, Password, From, To, Text string }

type session struct {
	conn    net.Conn
	port    string
	account string
	kind    string
}

var (
	lock     sync.Mutex // guards everything below, and stdout
	accounts map[string]string
	bound    = map[*session]bool{}
	output   = json.NewEncoder(os.Stdout)
	kinds    = map[pdu.BindingType]string{
		pdu.Transceiver: "Transceiver", pdu.Receiver: "Receiver", pdu.Transmitter: "Transmitter",
	}
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
		case *pdu.Unbind:
			say("unbind", fields{"port": s.port, "account": s.account, "kind": s.kind})
			s.send(request.GetResponse())
		case *pdu.UnbindResp:
			s.conn.Close()
		case *pdu.DeliverSMResp:
			say("delivered", fields{"account": s.account, "status": int(request.CommandStatus)})
		}
		lock.Unlock()
	}
}

func obey(order command) {
	if order.Do == "password" {
		accounts[order.Account] = order.Password
	}
	for s := range bound {
		if s.account != order.Account {
			continue
		}
		switch order.Do {
		case "unbind":
			s.send(pdu.NewUnbind())
		case "destroy":
			s.conn.Close()
		case "inject":
			if s.kind == "Transmitter" {
				continue
			}
			message := pdu.NewDeliverSM().(*pdu.DeliverSM)
			must(message.SourceAddr.SetAddress(order.From))
			must(message.DestAddr.SetAddress(order.To))
			must(message.Message.SetMessageWithEncoding(order.Text, data.GSM7BIT))
			s.send(message)
			return
		}
	}
}

func listen(key, cert, ca string) (net.Listener, error) {
	if key == "" {
		return net.Listen("tcp", "127.0.0.1:0")
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
	return tls.Listen("tcp", "127.0.0.1:0", settings)
}

func accept(name string, listener net.Listener) {
	for {
		conn, err := listener.Accept()
		must(err)
		go (&session{conn: conn, port: name}).serve()
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
		listener, err := listen(port.Key, port.Cert, port.CA)
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
