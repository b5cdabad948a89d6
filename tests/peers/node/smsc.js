// An SMSC on node-smpp. First line of stdin: what to listen on and who may bind, as JSON; then one command a line.
// Every line of stdout is one event. Without TLS options a port is plain; with a `ca` it asks for client certificates.
//   {"accounts": {"demo": "secret"}, "ports": {"plain": {"port": 0}, "tls": {"key": "…", "cert": "…"}, "mutual": {…, "ca": "…"}}}
//   {"do": "deliver", "account": "demo", "from": "31600000000", "to": "12345", "text": "hello",
//    "coding": "gsm" | "ucs2", "long": null | "udh" | "udh16" | "sar" | "payload"}
//   {"do": "password", "account": "demo", "password": "…"}    {"do": "unbind" | "destroy", "account": "demo"}
'use strict';

const fs = require('fs');
const readline = require('readline');
const smpp = require('smpp');

const KINDS = { bind_transceiver: 'Transceiver', bind_receiver: 'Receiver', bind_transmitter: 'Transmitter' };
const CODINGS = { gsm: 0, ucs2: 8 };
const HEADERS = { udh: [5, 0, 3], udh16: [6, 8, 4, 0x12] };
const CHARACTERS = 60; // of each segment that we send: fits with every header, in each alphabet
const bound = new Set();
let accounts = {};
let messages = 1000;
let references = 0;

const say = (event, fields) => process.stdout.write(JSON.stringify({ event, ...fields }) + '\n');
const receiver = (account) => [...bound].find((one) => one.account === account && one.kind !== 'Transmitter');

function verdict(pdu) {
  if (!(pdu.system_id in accounts)) return smpp.ESME_RINVSYSID;
  return accounts[pdu.system_id] === pdu.password ? smpp.ESME_ROK : smpp.ESME_RINVPASWD;
}

// [reference, total, number], from the user data header or the SAR parameters.
function segment(pdu, header) {
  for (const element of header || []) {
    if (element[0] === 0) return ['udh', element[2], element[3], element[4]];
    if (element[0] === 8) return ['udh', element.readUInt16BE(2), element[4], element[5]];
  }
  if (pdu.sar_total_segments === undefined) return null;
  return ['sar', pdu.sar_msg_ref_num, pdu.sar_total_segments, pdu.sar_segment_seqnum];
}

function receive(session, pdu) {
  const id = String(++messages);
  session.send(pdu.response({ message_id: id }));
  const payload = pdu.message_payload !== undefined;
  const content = payload ? pdu.message_payload : pdu.short_message;
  say('submit', {
    port: session.port, account: session.account, id, payload, text: String(content.message),
    segment: segment(pdu, content.udh), from: pdu.source_addr, from_ton: pdu.source_addr_ton,
    from_npi: pdu.source_addr_npi, to: pdu.destination_addr, to_ton: pdu.dest_addr_ton, to_npi: pdu.dest_addr_npi,
    service_type: pdu.service_type, esm_class: pdu.esm_class, protocol_id: pdu.protocol_id,
    priority_flag: pdu.priority_flag, registered_delivery: pdu.registered_delivery, data_coding: pdu.data_coding,
  });
  if (pdu.registered_delivery & 1) report(session.account, id, pdu);
}

function report(account, id, { source_addr, destination_addr }) {
  const date = new Date().toISOString().replace(/[-:T]/g, '').slice(2, 12);
  const text = `id:${id} sub:001 dlvrd:001 submit date:${date} done date:${date} stat:DELIVRD err:000 text:`;
  receiver(account).deliver_sm({
    source_addr: destination_addr, destination_addr: source_addr, esm_class: 4, short_message: text,
    receipted_message_id: id, message_state: 2,
  }, (answer) => say('receipt', { account, id, status: answer.command_status }));
}

function serve(session, port) {
  session.port = port;
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
  session.on('submit_sm', (pdu) => receive(session, pdu));
}

// The deliver_sm fields of each segment.
function segments(text, long) {
  if (!long) return [{ short_message: text }];
  if (long === 'payload') return [{ message_payload: text, short_message: '' }];
  const letters = Array.from(text);
  const total = Math.ceil(letters.length / CHARACTERS);
  const reference = ++references % 256;
  return Array.from({ length: total }, (_, index) => {
    const part = letters.slice(index * CHARACTERS, (index + 1) * CHARACTERS).join('');
    if (long in HEADERS) {
      const udh = Buffer.from([...HEADERS[long], reference, total, index + 1]);
      return { short_message: { udh, message: part } };
    }
    const sar = { sar_msg_ref_num: reference, sar_total_segments: total, sar_segment_seqnum: index + 1 };
    return { short_message: part, ...sar };
  });
}

const commands = {
  password: ({ account, password }) => {
    accounts[account] = password;
    say('password', { account });
  },
  unbind: ({ account }) => bound.forEach((session) => session.account === account && session.unbind()),
  destroy: ({ account }) => bound.forEach((session) => session.account === account && session.destroy()),
  deliver: ({ account, from, to, text, coding, long }) => {
    for (const part of segments(text, long)) {
      const message = { source_addr: from, destination_addr: to, data_coding: CODINGS[coding], ...part };
      receiver(account).deliver_sm(message, (pdu) => say('delivered', { account, status: pdu.command_status }));
    }
  },
};

async function start({ accounts: logins, ports }) {
  accounts = logins;
  const numbers = {};
  for (const [name, { port, key, cert, ca }] of Object.entries(ports)) {
    const options = key ? { key: fs.readFileSync(key), cert: fs.readFileSync(cert) } : {};
    if (ca) Object.assign(options, { ca: fs.readFileSync(ca), requestCert: true, rejectUnauthorized: true });
    const server = smpp.createServer(options, (session) => serve(session, name));
    server.on('tlsClientError', (error) => say('tls_error', { port: name, text: error.code || error.message }));
    await new Promise((listening) => server.listen(port, '127.0.0.1', listening));
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
