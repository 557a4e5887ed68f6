import { API_SERVER } from './api-server.ts';
import { applySuite } from './apply-suite.ts';
import { readSuite } from './read-suite.ts';
import { writeSuite } from './write-suite.ts';

readSuite(API_SERVER);
writeSuite(API_SERVER);
applySuite(API_SERVER);
