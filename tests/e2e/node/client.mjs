// An app in another language: signs in over TLS, registers a person, records a PHQ-9, and meets an error as it should.
// Loads the protos as they stand in protos/; nothing is generated and no code of the project is used.
//
//   services/up && cd tests/e2e/node && npm install && node client.mjs
//
// Settings: TRELLIS_ADDRESS, TRELLIS_CA, TRELLIS_LOGIN, TRELLIS_PASSWORD_FILE; services/up's defaults otherwise.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';
import protobuf from 'protobufjs';

const top = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const home = process.env.TRELLIS_HOME ?? path.join(top, '.trellis');
const ca = readFileSync(process.env.TRELLIS_CA ?? path.join(home, 'tls/ca.crt'));
const address = process.env.TRELLIS_ADDRESS ?? 'localhost:7443';
const login = process.env.TRELLIS_LOGIN ?? 'coordinator@harbour.example';
const passwordFile = process.env.TRELLIS_PASSWORD_FILE ?? path.join(home, 'secrets/coordinator-password');

const options = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true, includeDirs: [path.join(top, 'protos')] };
const load = (...files) => grpc.loadPackageDefinition(protoLoader.loadSync(files, options)).trellis;
const { identity } = load('trellis/identity/v1/sessions.proto', 'trellis/identity/v1/persons.proto');
const { assessment } = load('trellis/assessment/v1/assessments.proto');

const credentials = grpc.credentials.createSsl(ca);
const metadata = new grpc.Metadata();
const call = (stub, method, request) =>
  new Promise((resolve, reject) =>
    stub[method](request, metadata, { deadline: Date.now() + 10_000 }, (error, response) => (error ? reject(error) : resolve(response))));

const sessions = new identity.v1.Sessions(address, credentials);
const persons = new identity.v1.Persons(address, credentials);
const assessments = new assessment.v1.Assessments(address, credentials);

const session = await call(sessions, 'SignIn', { login, password: readFileSync(passwordFile, 'utf8').trim() });
metadata.set('authorization', `Bearer ${session.access_token}`);
console.log(`signed in as ${session.user.display_name}`);

const registration = {
  person: { given_names: 'Noor', family_names: 'van Dijk', birth_date: { year: 2009, month: 1, day: 30 }, languages: ['nl', 'en'] },
  request_id: randomUUID(),
};
const { person } = await call(persons, 'RegisterPerson', registration);
const again = await call(persons, 'RegisterPerson', registration);
assert.equal(again.person.name, person.name, 'the same request id registers one person');
console.log(`registered ${person.name}`);

const items = ['44250-9', '44255-8', '44259-0', '44254-1', '44251-7', '44258-2', '44252-5', '44253-3', '44260-8'];
const recorded = await call(assessments, 'RecordAssessment', {
  assessment: {
    person: person.name,
    instrument: 'instruments/phq-9',
    method: 'METHOD_SELF_REPORT',
    answers: items.map((item, i) => ({ item, option: i < 6 ? 'more-than-half' : 'not-at-all' })),
  },
  request_id: randomUUID(),
});
const total = recorded.assessment.outcomes.find((outcome) => outcome.code === 'total');
assert.equal(total.number, 12, 'six answers of weight 2');
console.log(`recorded ${recorded.assessment.name}: total ${total.number}, ${total.bands[0].label}`);

// A wrong item is named, in a form that programs can read.
const error = await call(assessments, 'RecordAssessment', {
  assessment: { person: person.name, instrument: 'instruments/phq-9', method: 'METHOD_SELF_REPORT', answers: [{ item: 'no-such-item', option: 'x' }] },
}).then(() => assert.fail('a wrong item was accepted'), (refusal) => refusal);
assert.equal(error.code, grpc.status.INVALID_ARGUMENT);
const wire = new protobuf.Root();
wire.resolvePath = (_, file) => path.join(top, 'protos', file.replace(/^.*protos\//, ''));
wire.loadSync(['google/rpc/status.proto', 'google/rpc/error_details.proto'], { keepCase: true });
const status = wire.lookupType('google.rpc.Status').decode(error.metadata.get('grpc-status-details-bin')[0]);
const details = Object.fromEntries(
  status.details.map((any) => [any.type_url.split('.').pop(), wire.lookupType(any.type_url.split('/').pop()).decode(any.value)]));
assert.ok(details.ErrorInfo.reason, 'the error carries its stable reason');
const violations = details.BadRequest.field_violations.map((violation) => `${violation.field}: ${violation.description}`);
assert.ok(violations.some((text) => text.includes('no-such-item')), 'the wrong item is named');
console.log(`refused as it should be (${details.ErrorInfo.reason}): ${violations[0]}`);
