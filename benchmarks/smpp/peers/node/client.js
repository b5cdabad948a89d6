// A client on node-smpp.
//
//   node client.js [--no-delay] load PORT CA COUNT WARM-UP WINDOW ACCOUNT
//   node client.js [--no-delay] idle PORT CA BINDS SECONDS
//
// --no-delay sets TCP_NODELAY, which the library does not. See ../../clients.py for what it prints and when it ends.
'use strict';
const fs = require('fs');
const smpp = require('smpp');

const noDelay = process.argv[2] === '--no-delay';
const [mode, port, authority, ...rest] = process.argv.slice(noDelay ? 3 : 2);
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

function bind(account, options, received, bound) {
  const tls = authority === '-' ? {} : { tls: true, ca: fs.readFileSync(authority), servername: '' };
  const session = smpp.connect({ host: '127.0.0.1', port: Number(port), ...tls, ...options });
  session.on('error', (error) => { throw error; });
  session.on('deliver_sm', (pdu) => { session.send(pdu.response()); received(); });
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on(authority === '-' ? 'connect' : 'secureConnect', () => {
    if (noDelay) session.socket.setNoDelay(true);
    session.bind_transceiver({ system_id: account, password: 'secret' }, (pdu) => {
      if (pdu.command_status !== 0) throw new Error('refused');
      bound(session);
    });
  });
}

function load(count, warmUp, window, account) {
  let outstanding = 0;
  let done;
  const finished = () => { if (--outstanding === 0) done(); };
  const run = (session, messages, then) => {
    let sent = 0;
    outstanding = messages * (account === 'receipts' ? 2 : 1);
    done = then;
    const text = Buffer.alloc(160, 'x');
    const one = () => {
      if (sent++ >= messages) return;
      session.submit_sm({
        source_addr_ton: 5, source_addr_npi: 0, source_addr: '12345', dest_addr_ton: 1, dest_addr_npi: 1,
        destination_addr: '31612345678', registered_delivery: 1, short_message: text,
      }, (pdu) => {
        if (pdu.command_status !== 0) throw new Error('refused');
        one();
        finished();
      });
    };
    for (let at = 0; at < window; at++) one();
  };
  bind(account, {}, finished, (session) => run(session, warmUp, () => {
    const began = process.hrtime.bigint();
    const used = process.cpuUsage();
    run(session, count, () => {
      const cpu = process.cpuUsage(used);
      const seconds = Number(process.hrtime.bigint() - began) / 1e9;
      say({ messages: count, seconds, cpu: (cpu.user + cpu.system) / 1e6 });
      process.stdin.resume().on('end', () => process.exit(0));
    });
  }));
}

function idle(binds, interval) {
  const sessions = [];
  const more = () => {
    if (sessions.length === binds) {
      say({ bound: binds });
      return;
    }
    bind('bench', { auto_enquire_link_period: 1000 * interval }, () => {}, (session) => {
      sessions.push(session);
      more();
    });
  };
  say({ ready: true });
  process.stdin.once('data', more).on('end', () => process.exit(0));
}

if (mode === 'idle') idle(...rest.map(Number));
else load(...rest.slice(0, 3).map(Number), rest[3]);
