import { parentPort, workerData } from 'node:worker_threads'
import { serveStore } from './serve.ts'

/** The module that the store's threads run: it is nothing else's to import. */
if (parentPort) serveStore(parentPort, workerData)
