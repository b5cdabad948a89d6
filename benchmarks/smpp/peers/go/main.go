// A client on gosmpp.
//
//	client load PORT CA COUNT WARM-UP WINDOW ACCOUNT
//	client idle PORT CA BINDS SECONDS
//
// See ../../clients.py for what they print and when they end.
package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/linxGnu/gosmpp"
	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"
)

var input = bufio.NewReader(os.Stdin)

func main() {
	port, authority := os.Args[2], os.Args[3]
	if os.Args[1] == "idle" {
		idle(port, authority, number(4), time.Duration(number(5))*time.Second)
	} else {
		load(port, authority, number(4), number(5), number(6), os.Args[7])
	}
}

type client struct {
	session     *gosmpp.Session
	window      chan struct{}
	receipts    bool
	outstanding atomic.Int64
	done        chan struct{}
}

func load(port, authority string, count, warmUp, window int, account string) {
	c := &client{window: make(chan struct{}, window), receipts: account == "receipts", done: make(chan struct{}, 1)}
	c.session = bind(port, authority, account, 30*time.Second, c.received)
	c.run(warmUp)
	began, used := time.Now(), cpu()
	c.run(count)
	fmt.Printf("{\"messages\": %d, \"seconds\": %.6f, \"cpu\": %.6f}\n", count, time.Since(began).Seconds(), cpu()-used)
	wait()
}

func (c *client) received(p pdu.PDU, answered bool) {
	switch message := p.(type) {
	case *pdu.SubmitSMResp:
		if !message.IsOk() {
			panic(message.CommandStatus)
		}
		<-c.window
		c.finished()
	case *pdu.DeliverSM:
		if !answered {
			panic("a receipt was not answered")
		}
		c.finished()
	}
}

func (c *client) finished() {
	if c.outstanding.Add(-1) == 0 {
		c.done <- struct{}{}
	}
}

func (c *client) run(count int) {
	if c.outstanding.Store(int64(count)); c.receipts {
		c.outstanding.Store(2 * int64(count))
	}
	text := bytes.Repeat([]byte("x"), 160)
	for sent := 0; sent < count; sent++ {
		c.window <- struct{}{}
		must(c.session.Transceiver().Submit(message(text)))
	}
	<-c.done
}

func message(text []byte) pdu.PDU {
	submit := pdu.NewSubmitSM().(*pdu.SubmitSM)
	submit.SourceAddr, submit.DestAddr = address(5, 0, "12345"), address(1, 1, "31612345678")
	submit.RegisteredDelivery = 1
	must(submit.Message.SetMessageDataWithEncoding(text, data.GSM7BIT))
	return submit
}

func address(ton, npi byte, digits string) pdu.Address {
	made := pdu.NewAddress()
	made.SetTon(ton)
	made.SetNpi(npi)
	must(made.SetAddress(digits))
	return made
}

func idle(port, authority string, binds int, interval time.Duration) {
	fmt.Println(`{"ready": true}`)
	_, _ = input.ReadString('\n')
	sessions := make([]*gosmpp.Session, binds)
	for at := range sessions {
		sessions[at] = bind(port, authority, "bench", interval, func(pdu.PDU, bool) {})
	}
	fmt.Printf("{\"bound\": %d}\n", len(sessions))
	wait()
}

func bind(port, authority, account string, interval time.Duration, received func(pdu.PDU, bool)) *gosmpp.Session {
	login := gosmpp.Auth{SMSC: "127.0.0.1:" + port, SystemID: account, Password: "secret"}
	settings := gosmpp.Settings{
		EnquireLink:      interval,
		ReadTimeout:      2 * interval,
		OnPDU:            received,
		OnSubmitError:    func(_ pdu.PDU, err error) { panic(err) },
		OnReceivingError: func(err error) { panic(err) },
		OnClosed:         func(gosmpp.State) {},
	}
	session, err := gosmpp.NewSession(gosmpp.TRXConnector(dialer(authority), login), settings, -1)
	must(err)
	return session
}

func dialer(authority string) gosmpp.Dialer {
	if authority == "-" {
		return gosmpp.NonTLSDialer
	}
	pem, err := os.ReadFile(authority)
	must(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return func(address string) (net.Conn, error) {
		return tls.Dial("tcp", address, &tls.Config{RootCAs: roots})
	}
}

func cpu() float64 {
	var used syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return float64(used.Utime.Sec+used.Stime.Sec) + float64(used.Utime.Usec+used.Stime.Usec)/1e6
}

func wait() {
	for {
		if _, err := input.ReadString('\n'); err != nil {
			os.Exit(0)
		}
	}
}

func number(at int) int {
	value, err := strconv.Atoi(os.Args[at])
	must(err)
	return value
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
