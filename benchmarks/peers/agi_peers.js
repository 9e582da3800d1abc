// FastAGI servers in Node: `ding-dong` from npm, and a bare socket.   node agi_peers.js NAME COMMAND...
'use strict';
const [name, lines] = [process.argv[2], process.argv.slice(3)];
const server = require('net').createServer;

if (name === 'ding-dong') {
  // It takes a port and does not tell which one it got, so one is drawn first.
  const probe = server().listen(0, '127.0.0.1', () => {
    const { port } = probe.address();
    probe.close(() => {
      const AGI = require('ding-dong');
      new AGI((context) => {
        context.on('error', () => {});
        context.onEvent('variables').then(async () => {
          for (const line of lines) await context.sendCommand(line);
          return context.end();
        });
      }, { port, host: '127.0.0.1' }).start();
      setTimeout(() => console.log(port), 200);
    });
  });
} else {
  const bare = server((socket) => {
    let next = 0, introduced = false;
    socket.on('error', () => {});
    socket.on('data', (data) => {
      if (!introduced && !data.toString().endsWith('\n\n')) return;
      introduced = true;
      if (next < lines.length) socket.write(lines[next++] + '\n');
      else socket.end();
    });
  }).listen({ port: 0, host: '127.0.0.1', backlog: 512 }, () => console.log(bare.address().port));
}
