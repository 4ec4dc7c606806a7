import express, { type NextFunction, type Request, type Response } from 'express';
import { inspect, largestBody } from './firewall.ts';

export const app = express();

// The bytes as they came, whatever their type: what a parser makes of them hides attacks.
app.use(express.raw({ type: () => true, limit: largestBody, inflate: false }));
app.use((request: Request, response: Response, next: NextFunction) => {
  const inspected = inspect(request, Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0));
  if (inspected.refused !== undefined) {
    response.status(inspected.refused).end();
    return;
  }
  request.body = inspected.body;
  next();
});

app.post('/comments', (request: Request, response: Response) => {
  const text: unknown = request.body?.text;
  if (typeof text === 'string') response.status(201).json({ text });
  else response.status(400).end();
});
app.get('/search', (request: Request, response: Response) => {
  response.json({ query: request.query['q'] });
});

// The status alone: Express would show where it was thrown.
app.use((fault: { status?: number }, _: Request, response: Response, __: NextFunction) => {
  response.status(fault.status ?? 500).end();
});
