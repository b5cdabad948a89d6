// An SMSC on node-smpp. First line of stdin: what to listen on and who may bind, as JSON; then one command a line.
// Every line of stdout is one event. Without TLS options a port is plain; with a `ca` it asks for client certificates.
//   {"accounts": {"demo": "secret"}, "ports": {"plain": {}, "tls": {"key": "…", "cert": "…"}, "mutual": {…, "ca": "…"}}}
//   {"do": "inject", "account": "demo", "from": "31600000000", "to": "12345", "text": "hello"}
//   {"do": "password", "account": "demo", "password": "…"}    {"do": "unbind" | "destroy", "account": "demo"}
'use strict';

const fs = require('fs');
const readline = require('readline');
const smpp = require('smpp');

const KINDS = { bind_transceiver: 'Transceiver', bind_receiver: 'Receiver', bind_transmitter: 'Transmitter' };
const bound = new Set();
let accounts = {};
let messages = 0;

const say = (event, fields) => process.stdout.write(JSON.stringify({ event, ...fields }) + '\n');

function verdict(pdu) {
  if (!(pdu.system_id in accounts)) return smpp.ESME_RINVSYSID;
  return accounts[pdu.system_id] === pdu.password ? smpp.ESME_ROK : smpp.ESME_RINVPASWD;
}

function serve(session, port) {
  session.socket.setNoDelay(true);
  session.on('error', (error) => say('error', { port, text: error.code || error.message }));
  session.on('close', () => {
    bound.delete(session);
    say('closed', { port, account: session.account });
  });
  for (const [command, kind] of Object.entries(KINDS)) {
    session.on(command, (pdu) => {
      const status = verdict(pdu);
      if (status === smpp.ESME_ROK) {
        Object.assign(session, { account: pdu.system_id, kind });
        bound.add(session);
      }
      const peer = port === 'mutual' ? session.socket.getPeerCertificate().subject.CN : null;
      session.send(pdu.response({ command_status: status, system_id: 'NODE' }));
      say('bind', { port, account: pdu.system_id, kind, status, version: pdu.interface_version, certificate: peer });
    });
  }
  session.on('enquire_link', (pdu) => {
    session.send(pdu.response());
    say('enquire_link', { port, account: session.account });
  });
  session.on('unbind', (pdu) => {
    say('unbind', { port, account: session.account, kind: session.kind });
    session.send(pdu.response(), () => session.close());
  });
  session.on('unbind_resp', () => session.close());
  session.on('submit_sm', (pdu) => session.send(pdu.response({ message_id: String(++messages) })));
}

const commands = {
  password: ({ account, password }) => { accounts[account] = password; },
  unbind: ({ account }) => bound.forEach((session) => session.account === account && session.unbind()),
  destroy: ({ account }) => bound.forEach((session) => session.account === account && session.destroy()),
  inject: ({ account, from, to, text }) => {
    const session = [...bound].find((one) => one.account === account && one.kind !== 'Transmitter');
    if (!session) return say('error', { text: 'nobody to deliver to' });
    const message = { source_addr: from, destination_addr: to, short_message: text };
    session.deliver_sm(message, (pdu) => say('delivered', { account, status: pdu.command_status }));
  },
};

async function start({ accounts: logins, ports }) {
  accounts = logins;
  const numbers = {};
  for (const [name, { key, cert, ca }] of Object.entries(ports)) {
    const options = key ? { key: fs.readFileSync(key), cert: fs.readFileSync(cert) } : {};
    if (ca) Object.assign(options, { ca: fs.readFileSync(ca), requestCert: true, rejectUnauthorized: true });
    const server = smpp.createServer(options, (session) => serve(session, name));
    server.on('tlsClientError', (error) => say('tls_error', { port: name, text: error.code || error.message }));
    await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
    numbers[name] = server.address().port;
  }
  say('ready', { ports: numbers });
}

let started = false;
readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const message = JSON.parse(line);
  if (started) commands[message.do](message);
  else start(message);
  started = true;
}).on('close', () => process.exit(0));
