import process from 'node:process';
import { createFileStore } from '../../src/adapters/object-store/file.ts';

/** Puts an object of so many bytes into a folder as a user without rights, and prints what came of it: for limits that hold a process. */
const [folder = '', size = '0', user = ''] = process.argv.slice(2);
if (user !== '' && process.getuid?.() === 0) process.setuid?.(Number(user));
const store = createFileStore(folder);
const put = await store.put('a/b', new Uint8Array(Number(size)));
const listed = await store.list();
process.stdout.write(JSON.stringify({ put, listed }));
