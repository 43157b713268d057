# what: Node.js: worker threads, and files and hashes in its pool
# package: nodejs
# needs: node
run node -e '
        const { Worker, isMainThread } = require("worker_threads"), crypto = require("crypto"), fs = require("fs").promises;
        const work = n => new Promise(done => new Worker(
                `let s = 0; for (let i = 0; i < 1e6; i++) s += i % ${n}; require("worker_threads").parentPort.postMessage(s)`,
                { eval: true }).on("message", done));
        const hash = n => new Promise(done => crypto.pbkdf2("a" + n, "salt", 2000, 32, "sha256", (e, key) => done(key.toString("hex"))));
        (async () => {
                console.log(await Promise.all([3, 5, 7].map(work)));
                console.log((await Promise.all([...Array(20).keys()].map(hash))).join());
                console.log((await Promise.all([...Array(50).keys()].map(i => fs.stat(process.execPath)))).length);
        })()'
