// Three worker threads that each send a sum, and the main thread that adds them up.
const {Worker, isMainThread, parentPort} = require('worker_threads');
if (isMainThread) {
    let sum = 0, ended = 0;
    for (let i = 0; i < 3; i++) {
        const worker = new Worker(__filename);
        worker.on('message', value => { sum += value; });
        worker.on('exit', () => { if (++ended === 3) console.log(sum); });
    }
} else {
    let sum = 0;
    for (let i = 0; i < 1e6; i++) sum += i % 7;
    parentPort.postMessage(sum);
}
