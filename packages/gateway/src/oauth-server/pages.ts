import { type Context, errors, type Interaction, type Middleware } from 'oidc-provider';
import { revokeApp, showApps, signInToApps } from './apps-flow.ts';
import { showConsent, submitConsent } from './consent-flow.ts';
import { FormFault, readForm } from './forms.ts';
import { cancel, showLogin, submitLogin } from './login-flow.ts';
import { type PageParts, send } from './page-parts.ts';
import { endedPage } from './pages/error-page.ts';
import { styleSheet } from './pages/style.ts';

/** Answers for the pages that oidc-provider leaves to us; everything else goes on to it. */
export function pages(parts: PageParts): Middleware {
  return async (context, next) => {
    const { path, method } = context;
    if (path === '/style.css') return sendStyle(context);
    const found = /^\/interaction\/([A-Za-z0-9_-]+)(?:\/([a-z]+))?$/.exec(path);
    if (found === null && path !== '/apps' && !path.startsWith('/apps/')) return next();
    try {
      context.set('cache-control', 'no-store');
      const fields = method === 'POST' ? await readForm(context.req) : noFields;
      if (found !== null) await answerInteraction(context, found[1]!, found[2], fields, parts);
      else if (path === '/apps') await showApps(context, parts);
      else if (path === '/apps/login') await signInToApps(context, fields, parts);
      else await revokeApp(context, fields, parts);
    } catch (error) {
      if (!(error instanceof errors.SessionNotFound || error instanceof FormFault)) throw error;
      send(context, 400, endedPage(parts.page));
    }
  };
}

const noFields: ReadonlyMap<string, string> = new Map();

async function answerInteraction(
  context: Context,
  uid: string,
  answer: string | undefined,
  fields: ReadonlyMap<string, string>,
  parts: PageParts,
): Promise<void> {
  const interaction = await interactionOf(context, uid, parts);
  context.state.redirectUri = interaction.params.redirect_uri;
  switch (`${interaction.prompt.name} ${answer ?? ''}`) {
    case 'login ':
      return showLogin(context, interaction, parts);
    case 'login login':
      return submitLogin(context, interaction, fields, parts);
    case 'login cancel':
      return cancel(context, interaction, fields, parts);
    case 'consent ':
      return showConsent(context, interaction, parts);
    case 'consent consent':
      return submitConsent(context, interaction, fields, parts);
    default:
      return send(context, 400, endedPage(parts.page));
  }
}

/** The cookie says which interaction it is; the path must not say another. @throws SessionNotFound */
async function interactionOf(
  { req, res }: Context,
  uid: string,
  { provider }: PageParts,
): Promise<Interaction> {
  const interaction = await provider.interactionDetails(req, res);
  if (interaction.uid !== uid) throw new errors.SessionNotFound('another interaction');
  return interaction;
}

function sendStyle(context: Context): void {
  context.type = 'css';
  context.set('cache-control', 'public, max-age=3600');
  context.body = styleSheet;
}
