import express, { type NextFunction, type Request, type Response } from 'express';
import { largestBody, refusalOf } from './firewall.ts';

export const app = express();

// The bytes as they came, whatever their type: what a parser makes of them hides attacks.
app.use(express.raw({ type: () => true, limit: largestBody, inflate: false }));
app.use((request: Request, response: Response, next: NextFunction) => {
  const body: Buffer = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const status = refusalOf(request, body);
  if (status !== undefined) {
    response.status(status).end();
    return;
  }
  if (request.is('application/json') && body.length > 0) request.body = JSON.parse(body.toString());
  next();
});

app.post('/comments', (request: Request, response: Response) => {
  response.status(201).json({ text: request.body.text });
});
app.get('/search', (request: Request, response: Response) => {
  response.json({ query: request.query['q'] });
});
