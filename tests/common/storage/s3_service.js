// s3rver behind a door of our own, for tests: the door checks signatures, which s3rver does not,
// knows If-Match, ranges of nothing and the end of unfinished uploads, and mistreats requests on command.
//
//   node s3_service.js MODULES DATA
//
// MODULES is a folder with node_modules/s3rver, DATA one for the objects. Prints "port N", then
// takes commands, one a line, and answers each with a line:
//   bucket NAME             makes a bucket
//   drop NAME PARTS         takes it away, once PARTS more parts have been uploaded (0: at once)
//   put BUCKET KEY FILE     makes an object of a file
//   uploads BUCKET          how many uploads are unfinished
//   objects BUCKET          how many objects there are
//   requests                how many requests came since the last time
//   secret TEXT             the secret key that is right from now on
//   token TEXT              the session token that requests must carry
//   fail STATUS CODE COUNT  refuses so many requests
//   cut BYTES COUNT         breaks so many answers off after so many bytes of their bodies
//   cutparts COUNT          breaks so many parts off before they are taken
//   lose COUNT              does what so many requests to complete uploads ask, and answers nothing
//   hang COUNT              takes so many requests and says nothing
//   slow BYTES              passes bodies of answers on in pieces of so many bytes, 100 a second
'use strict';

const crypto = require('crypto');
const fs = require('fs');
const http = require('http');
const path = require('path');
const readline = require('readline');
const { createRequire } = require('module');

const [modules, data] = process.argv.slice(2);
const S3rver = createRequire(path.join(modules, 'package.json'))('s3rver');

const kAccessKey = 'S3RVER';  // The one that s3rver knows.
const faults = { fail: 0, cut: 0, cutparts: 0, lose: 0, hang: 0, slow: 0, drop: null };
let secret = 'S3RVER';
let token = '';
let requestCount = 0;
let inner = 0;  // s3rver's port.

const sha256 = bytes => crypto.createHash('sha256').update(bytes).digest('hex');
const hmac = (key, text) => crypto.createHmac('sha256', key).update(text).digest();

function refuse(res, status, code, message) {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code>` +
    `<Message>${message}</Message></Error>`;
  res.writeHead(status, { 'content-type': 'application/xml', 'content-length': body.length });
  res.end(body);
}

// RFC 3986, as S3 wants it.
const encoded = text =>
  encodeURIComponent(text).replace(/[!'()*]/g, c => '%' + c.charCodeAt(0).toString(16).toUpperCase());

// What is wrong with the request's signature; null where nothing is.
function findFault(req, body) {
  const fields = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=(\w+)$/
    .exec(req.headers.authorization || '');
  if (!fields) {
    return ['AccessDenied', 'There is no signature.'];
  }
  const [accessKey, day, region, service, end] = fields[1].split('/');
  if (accessKey !== kAccessKey) {
    return ['InvalidAccessKeyId', 'The access key is not known.'];
  }
  if (end !== 'aws4_request' || !req.headers['x-amz-date'].startsWith(day)) {
    return ['AuthorizationHeaderMalformed', 'The scope is not right.'];
  }
  if (token && req.headers['x-amz-security-token'] !== token) {
    return ['InvalidToken', 'The token is not the one that was given.'];
  }
  const names = fields[2].split(';');
  for (const name of Object.keys(req.headers)) {
    if (name.startsWith('x-amz-') && !names.includes(name)) {
      return ['AccessDenied', `The header ${name} is not signed.`];
    }
  }
  const hash = req.headers['x-amz-content-sha256'];
  if (hash !== sha256(body)) {
    return ['XAmzContentSHA256Mismatch', 'The body is not what its hash says.'];
  }
  const url = new URL(req.url, 'http://here');
  const query = [...url.searchParams].map(pair => pair.map(encoded).join('=')).sort().join('&');
  const uri = url.pathname.split('/').map(part => encoded(decodeURIComponent(part))).join('/');
  const canonical = [req.method, uri, query,
    ...names.map(name => `${name}:${req.headers[name]}`), '', names.join(';'), hash].join('\n');
  const text = ['AWS4-HMAC-SHA256', req.headers['x-amz-date'],
    `${day}/${region}/${service}/aws4_request`, sha256(canonical)].join('\n');
  let key = hmac('AWS4' + secret, day);
  for (const part of [region, service, 'aws4_request']) {
    key = hmac(key, part);
  }
  return hmac(key, text).toString('hex') === fields[3]
    ? null
    : ['SignatureDoesNotMatch', 'The signature we calculated does not match yours.'];
}

function take(name) {
  if (faults[name] > 0) {
    faults[name] -= 1;
    return true;
  }
  return false;
}

const uploadFolder = (bucket, id) => path.join(data, bucket, '._S3rver_uploads', id);

function ask(method, url, headers, body) {
  return new Promise((resolve, reject) => {
    const asked = http.request({ host: '127.0.0.1', port: inner, method, path: url, headers }, answer => {
      const pieces = [];
      answer.on('data', piece => pieces.push(piece));
      answer.on('end', () => resolve({ answer, body: Buffer.concat(pieces) }));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

async function pass(req, res, body) {
  // s3rver ends a connection by itself after five seconds.
  const headers = { ...req.headers, connection: 'close' };
  if (req.method === 'GET' && req.headers.range) {
    const { range, ...whole } = headers;
    const { answer } = await ask('HEAD', req.url, whole);
    const expected = req.headers['if-match'];
    if (answer.statusCode === 200 && expected && answer.headers.etag !== expected) {
      return refuse(res, 412, 'PreconditionFailed', 'The object is another one.');
    }
    if (answer.statusCode === 200 && Number(answer.headers['content-length']) === 0) {
      return refuse(res, 416, 'InvalidRange', 'The range is not there.');
    }
  }
  const { answer, body: given } = await ask(req.method, req.url, headers, body);
  const isComplete = req.method === 'POST' && req.url.includes('uploadId=');
  if (isComplete && take('lose')) {
    return req.socket.destroy();
  }
  const out = { ...answer.headers, 'content-length': given.length };
  delete out['transfer-encoding'];
  delete out.connection;
  res.writeHead(answer.statusCode, out);
  if (req.method === 'GET' && answer.statusCode < 300 && given.length > faults.cutAfter && take('cut')) {
    res.write(given.subarray(0, faults.cutAfter), () => setTimeout(() => req.socket.destroy(), 20));
    return undefined;
  }
  const { slow } = faults;
  if (req.method === 'GET' && slow > 0) {
    for (let at = 0; at < given.length; at += slow) {
      res.write(given.subarray(at, at + slow));
      await new Promise(resolve => setTimeout(resolve, 10));
    }
    return res.end();
  }
  return res.end(given);
}

async function serve(req, res) {
  const pieces = [];
  for await (const piece of req) {
    pieces.push(piece);
  }
  const body = Buffer.concat(pieces);
  requestCount += 1;
  if (take('hang')) {
    return undefined;
  }
  if (take('fail')) {
    return refuse(res, faults.status, faults.code, 'It was told to.');
  }
  const fault = findFault(req, body);
  if (fault) {
    return refuse(res, fault[0] === 'AuthorizationHeaderMalformed' || fault[0] === 'InvalidToken' ||
      fault[0] === 'XAmzContentSHA256Mismatch' ? 400 : 403, ...fault);
  }
  const url = new URL(req.url, 'http://here');
  const bucket = /^(.+)\.s3\.localhost(:\d+)?$/.exec(req.headers.host);
  const bucketName = bucket ? bucket[1] : decodeURIComponent(url.pathname.split('/')[1]);
  const id = url.searchParams.get('uploadId');
  if (id && fs.existsSync(path.join(data, bucketName)) && !fs.existsSync(uploadFolder(bucketName, id))) {
    return refuse(res, 404, 'NoSuchUpload', 'There is no such upload.');
  }
  if (id && req.method === 'DELETE') {
    fs.rmSync(uploadFolder(bucketName, id), { recursive: true });
    res.writeHead(204);
    return res.end();
  }
  if (id && req.method === 'PUT') {
    if (take('cutparts')) {
      return req.socket.destroy();
    }
    if (faults.drop && --faults.drop.parts < 0) {
      fs.rmSync(path.join(data, faults.drop.bucket), { recursive: true });
      faults.drop = null;
    }
  }
  return pass(req, res, body);
}

function countFiles(folder, end) {
  return fs.existsSync(folder)
    ? fs.readdirSync(folder, { recursive: true }).filter(name => name.endsWith(end)).length
    : 0;
}

function command([name, ...words]) {
  const [first, second, third] = words;
  switch (name) {
    case 'bucket':
      fs.mkdirSync(path.join(data, first), { recursive: true });
      return 'ok';
    case 'drop':
      if (Number(second) === 0) {
        fs.rmSync(path.join(data, first), { recursive: true });
      } else {
        faults.drop = { bucket: first, parts: Number(second) };
      }
      return 'ok';
    case 'uploads': {
      const folder = path.join(data, first, '._S3rver_uploads');
      return fs.existsSync(folder) ? fs.readdirSync(folder).length : 0;
    }
    case 'objects':
      return countFiles(path.join(data, first), '._S3rver_object');
    case 'requests': {
      const count = requestCount;
      requestCount = 0;
      return count;
    }
    case 'secret':
      secret = first;
      return 'ok';
    case 'token':
      token = first;
      return 'ok';
    case 'fail':
      Object.assign(faults, { status: Number(first), code: second, fail: Number(third) });
      return 'ok';
    case 'cut':
      Object.assign(faults, { cutAfter: Number(first), cut: Number(second) });
      return 'ok';
    case 'cutparts':
    case 'lose':
    case 'hang':
    case 'slow':
      faults[name] = Number(first);
      return 'ok';
    default:
      return 'unknown';
  }
}

async function main() {
  const store = new S3rver({
    port: 0, address: '127.0.0.1', silent: true, directory: data, serviceEndpoint: 'localhost',
  });
  inner = (await store.run()).port;
  const door = http.createServer((req, res) => serve(req, res).catch(() => req.socket.destroy()));
  await new Promise(resolve => door.listen(0, '127.0.0.1', resolve));
  console.log(`port ${door.address().port}`);
  const lines = readline.createInterface({ input: process.stdin });
  for await (const line of lines) {
    const words = line.split(' ');
    if (words[0] === 'put') {
      const [, bucket, key, file] = words;
      const credential = `AWS4-HMAC-SHA256 Credential=${kAccessKey}/x,SignedHeaders=x,Signature=x`;
      const now = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
      const { answer } = await ask('PUT', `/${bucket}/${key.split('/').map(encoded).join('/')}`, {
        authorization: credential, 'x-amz-date': now, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
      }, fs.readFileSync(file));
      console.log(answer.statusCode);
    } else {
      console.log(command(words));
    }
  }
  process.exit(0);  // Who commanded it is gone.
}

main();
