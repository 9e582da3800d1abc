// AMI clients from npm, each with a callback that looks at an event's name and id.   node ami_peers.js NAME PORT
'use strict';
const [name, port] = [process.argv[2], Number(process.argv[3])];
let taken = 0, wall, cpu;

function take(event, id, userEvent) {
  if (userEvent === 'BenchStart') {
    [taken, wall, cpu] = [0, process.hrtime.bigint(), process.cpuUsage()];
  } else if (userEvent === 'BenchEnd') {
    const used = process.cpuUsage(cpu);
    console.log(JSON.stringify({
      wall: Number(process.hrtime.bigint() - wall) / 1e9, cpu: (used.user + used.system) / 1e6, taken,
    }));
    process.exit(0);
  } else if (event !== undefined && id !== null) taken += 1;
}

const clients = {
  'asterisk-manager': () => {
    const client = require('asterisk-manager')(port, '127.0.0.1', 'u', 's', true);
    client.on('managerevent', (e) => take(e.event, e.uniqueid, e.userevent));
    client.once('fullybooted', () => client.action({ action: 'BenchGo' }, () => {}));
  },
  'asterisk-ami-client': () => {
    const Client = require('asterisk-ami-client');
    const client = new Client({ reconnect: false, keepAlive: false, emitEventsByTypes: true });
    client.connect('u', 's', { host: '127.0.0.1', port }).then(() => {
      client.on('event', (e) => take(e.Event, e.Uniqueid, e.UserEvent));
      client.action({ Action: 'BenchGo' });
    });
  },
};
clients[name]();
