import { type Kind, Lexer } from './lexer.ts';
import { type Context, type Frame, freshSide, type Side } from './state.ts';
import { statementIsHostile } from './statements.ts';
import { builders, informers, isCatalogue, weapons } from './words.ts';

/** Words of the vocabulary that are names too, where an operand is expected. */
const namesToo: ReadonlySet<Kind> = new Set<Kind>(['table', 'delay', 'direction', 'reserved']);
const functionsToo: ReadonlySet<Kind> = new Set<Kind>([
  ...namesToo,
  'comparison',
  'clause',
  'join',
  'insert',
  'update',
  'if',
  'interval',
  'drop',
  'arithmetic',
  'exists',
]);

/**
 * Reads a value as the continuation of a query, in all dialects at once: operand and operator in turn, parentheses, SELECT
 * and its clauses, further statements. Prose and code break off within a few words, as they put name after name. What goes on
 * and has something in it that changes the query (a comparison of constants, UNION SELECT, a subquery, a second statement,
 * a comment that cuts off the rest) is an injection. A single pass; the stack holds open parentheses only.
 */
export class Judge {
  readonly #lexer: Lexer;
  readonly #context: Context;
  readonly #frames: Frame[];
  #side: Side;
  #expectsOperand: boolean;
  #isStatement = false;
  #previous: Kind | '' = '';
  #name = '';
  #count = 0;
  #isHostile = false;
  /** Something that counts if the value comes to a good end. */
  #isSuspect = false;
  /** Begins with a name, as prose and code do: only what no prose has counts then. */
  #isNamed: boolean;
  #hasBegun: boolean;
  /** Right behind the quote a word compares: `'contains', 'like'` is a list, `' like '%` is none. */
  #wantsPattern = false;
  #builders = 0;
  /** Of the frames that are open, those of builders: counted, as a search for each parenthesis would be quadratic. */
  #openBuilders = 0;
  #hasOpenString = false;
  #firstNumber = '';
  #lastText = '';
  #lastKind: Kind | '' = '';

  constructor(value: string, context: Context) {
    this.#lexer = new Lexer(value, context.start, context.hasEscapes);
    this.#context = context;
    this.#expectsOperand = !context.isAfterOperand;
    this.#isNamed = context.quote === '' ? context.isAfterOperand : !context.isSimple;
    this.#hasBegun = context.quote !== '' || context.isAfterOperand;
    this.#side = freshSide(false);
    this.#frames = [this.#frame('top')];
  }

  isInjection(): boolean {
    const lexer = this.#lexer;
    for (;;) {
      const kind = lexer.next();
      if (kind === 'end of input') return this.#atEnd();
      this.#count++;
      const goesOn = this.#isStatement
        ? this.#statement(kind)
        : this.#expectsOperand
          ? this.#operand(kind)
          : this.#operator(kind);
      if (this.#isHostile) return true;
      if (!goesOn) return false;
      if (lexer.isVersioned && this.#count > 1) return true;
      this.#previous = kind;
    }
  }

  #operand(kind: Kind): boolean {
    const { text } = this.#lexer;
    const isCall = this.#lexer.following === 0x28;
    if (!this.#hasBegun) this.#begin(kind);
    switch (kind) {
      case 'number':
      case 'constant':
      case 'string':
        return this.#literal(kind, text);
      case 'variable':
        if (text.startsWith('@@') && this.#count > 1) return this.#hostile();
        return this.#setOperand(false, text);
      case 'name':
        return this.#named(text);
      case 'sign':
      case 'not':
      case 'unary':
      case 'all':
        return true;
      case 'comparison':
        // A tilde negates bits where an operand is expected.
        if (text === '~') return true;
        break;
      case 'exists':
        if (isCall || this.#lexer.isApart) return true;
        break;
      case 'interval':
        this.#top.aliases = 1;
        return true;
      case 'open':
        return this.#open('group', false);
      case 'close':
        // A function without arguments.
        return this.#previous === 'open' && this.#top.kind === 'call' && this.#close();
      case 'star':
        if (!['select', 'set', 'open', 'comma', 'all', 'unary'].includes(this.#previous)) return false;
        if (this.#top.clause === 'list' && this.#top.isInjected) this.#suspectStrongly();
        return this.#setOperand(false, '');
      case 'case':
        return this.#open('case', false);
      case 'when':
        return this.#previous === 'case' && this.#condition(true);
      case 'select':
        return this.#select();
      case 'join':
        if (this.#previous === 'join') return true;
        break;
      case 'clause':
        if (text === 'top') return this.#lexer.next() === 'number';
        break;
    }
    if ((isCall && functionsToo.has(kind)) || namesToo.has(kind)) return this.#named(text);
    return false;
  }

  /** The first operand tells what the value is: signs and parentheses before it do not. */
  #begin(kind: Kind): void {
    if (kind === 'open' || kind === 'sign' || kind === 'not' || kind === 'unary') return;
    this.#hasBegun = true;
    this.#isNamed = kind === 'name' || namesToo.has(kind) || functionsToo.has(kind);
    if (kind === 'number') this.#firstNumber = this.#lexer.text;
  }

  #literal(kind: Kind, text: string): boolean {
    const { isOpen, quote } = this.#lexer;
    if (isOpen && quote === this.#context.quote) this.#hasOpenString = true;
    this.#lastKind = kind;
    if (this.#wantsPattern && !/[%_*]/.test(text)) this.#side.isInjected = false;
    this.#wantsPattern = false;
    const frame = this.#top;
    if (frame.clause === 'list' && frame.isInjected) {
      if (this.#isNamed && frame.kind === 'group') this.#isSuspect = true;
      else return this.#hostile();
    }
    return this.#setOperand(true, text);
  }

  #named(text: string): boolean {
    // Nothing but a constant can stand behind IS.
    if (this.#previous === 'is') return false;
    this.#name = text;
    this.#lastKind = 'name';
    if (this.#top.clause === 'from' && isCatalogue(text)) return this.#hostile();
    return this.#setOperand(false, text);
  }

  /** The right side of a comparison says what the comparison is worth. */
  #setOperand(isConstant: boolean, text: string): boolean {
    const side = this.#side;
    this.#expectsOperand = false;
    this.#lastText = text;
    side.isConstant &&= isConstant;
    side.text = text;
    if (side.left === undefined || !side.isInjected) return true;
    if (side.left.isConstant && isConstant) return this.#hostile();
    if (text !== '' && side.left.text === text && this.#lexer.following !== 0x28) return this.#hostile();
    if (!this.#isNamed) this.#isSuspect = true;
    return true;
  }

  #operator(kind: Kind): boolean {
    const { text } = this.#lexer;
    switch (kind) {
      case 'boolean':
        this.#countTruth();
        return this.#condition(true);
      case 'having':
        return this.#condition(true);
      case 'where':
        return this.#inQuery() && this.#rest() && this.#condition(this.#top.isInjected);
      case 'comparison':
      case 'between':
      case 'is':
      case 'in':
        return this.#compare(kind, text);
      case 'postfix':
        if (this.#side.isInjected) this.#isSuspect ||= !this.#isNamed;
        return true;
      case 'not': {
        const next = this.#lexer.next();
        return (
          (next === 'comparison' || next === 'in' || next === 'between') &&
          this.#compare(next, this.#lexer.text)
        );
      }
      case 'arithmetic':
      case 'sign':
      case 'star':
        return this.#expect();
      case 'comma':
        return this.#comma();
      case 'open':
        return this.#openCall();
      case 'close':
        return this.#close();
      case 'semicolon':
        this.#isStatement = true;
        this.#frames.length = 1;
        this.#openBuilders = 0;
        return true;
      case 'set':
        return this.#union();
      case 'from':
        return this.#from();
      case 'by':
        return this.#by();
      case 'clause':
        if (this.#top.kind === 'call') return this.#expect();
        return this.#rest() && this.#expect();
      case 'join':
        return this.#inQuery() && this.#expect();
      case 'direction':
        return true;
      case 'as':
      case 'cast': {
        const next = this.#lexer.next();
        this.#name = this.#lexer.text;
        return next !== 'end of input' && next !== 'other' && next !== 'close';
      }
      case 'into':
        return this.#into();
      case 'procedure':
        return this.#lexer.next() === 'name' && this.#lexer.text === 'analyse' && this.#hostile();
      case 'when':
        return this.#top.kind === 'case' && this.#condition(text === 'when');
      case 'end':
        return this.#top.kind === 'case' && this.#close();
      case 'waitfor':
      case 'exec':
      case 'declare':
      case 'shutdown':
      case 'drop':
      case 'if':
        // SQL Server takes a further statement without a semicolon.
        return this.#frames.length === 1 && !this.#isNamed && this.#statement(kind);
      case 'name':
      case 'table':
        return this.#alias();
    }
    return false;
  }

  #expect(): boolean {
    this.#expectsOperand = true;
    return true;
  }

  /** `" or 1 or "`: a condition that is a constant, between others. */
  #countTruth(): void {
    const { isInjected, left, isConstant, text } = this.#side;
    const isQuoted = this.#context.quote !== '' && this.#context.isSimple;
    if (isQuoted && isInjected && left === undefined && isConstant && /^(?:[1-9]|true)/.test(text))
      this.#isSuspect = true;
  }

  #condition(isInjected: boolean): boolean {
    this.#side = freshSide(isInjected || this.#side.isInjected);
    return this.#expect();
  }

  #compare(kind: Kind, text: string): boolean {
    const side = this.#side;
    // Right behind the closing quote, a pattern or a test for NULL widens the query.
    const isDirect = this.#count === 1 && this.#context.quote !== '' && this.#context.isSimple;
    this.#wantsPattern = isDirect && kind === 'comparison' && /^[a-z]/.test(text);
    if (isDirect && (kind !== 'comparison' || this.#wantsPattern)) side.isInjected = true;
    if (isDirect && this.#context.start === 1 && !this.#wantsPattern) side.isInjected = true;
    const left = { isConstant: side.isConstant && !isDirect, text: side.text };
    this.#side = { isConstant: true, text: '', left, isInjected: side.isInjected };
    return this.#expect();
  }

  #comma(): boolean {
    const frame = this.#top;
    if (frame.clause === 'list') {
      frame.aliases = 1;
      if (frame.isInjected && !this.#isNamed) return this.#hostile();
    }
    if (frame.clause === 'from') frame.aliases = 1;
    this.#side = freshSide(false);
    return this.#expect();
  }

  #openCall(): boolean {
    const isKnown = weapons.has(this.#name) || builders.has(this.#name) || informers.has(this.#name);
    if (this.#lastKind !== 'name' && this.#previous !== 'name') return false;
    if (this.#lexer.isApart && !isKnown) return false;
    const name = this.#name;
    const isFirst = this.#count <= 2 && this.#context.quote === '';
    if (weapons.has(name)) {
      if (!isFirst) return this.#hostile();
      this.#isSuspect = true;
    }
    if (informers.has(name) && (this.#openBuilders > 0 || (!isFirst && !this.#isNamed)))
      return this.#hostile();
    if (builders.has(name)) {
      this.#builders++;
      const frame = this.#top;
      if (frame.clause === 'list' && frame.isInjected) return this.#hostile();
      if (!isFirst && !this.#isNamed) {
        if (this.#builders > 1) return this.#hostile();
        this.#isSuspect = true;
      }
    }
    return this.#open('call', builders.has(name));
  }

  #open(kind: Frame['kind'], isBuilder: boolean): boolean {
    this.#frames.push(this.#frame(kind, isBuilder));
    if (isBuilder) this.#openBuilders++;
    const isBehindOperator = this.#count > 1 && kind !== 'call';
    const isList = this.#previous === 'in';
    if (!isList) this.#side = freshSide(isBehindOperator);
    return this.#expect();
  }

  /** More may be closed than was opened: the query's own parentheses. */
  #close(): boolean {
    const inner = this.#side;
    if (this.#frames.length > 1) {
      const frame = this.#frames.pop()!;
      if (frame.isBuilder) this.#openBuilders--;
      this.#side = frame.outer;
      if (frame.kind === 'case' && frame.isInjected && !this.#isNamed) return this.#hostile();
      const isConstant = frame.kind === 'group' && frame.clause === '' && inner.isConstant;
      this.#lastKind = 'close';
      return this.#setOperand(isConstant, isConstant ? inner.text : '');
    }
    this.#side = freshSide(false);
    this.#side.isConstant = false;
    this.#lastKind = 'close';
    this.#top.clause = '';
    return true;
  }

  #union(): boolean {
    let kind = this.#lexer.next();
    while (kind === 'all' || kind === 'unary' || kind === 'open') kind = this.#lexer.next();
    if (kind === 'name' && /^(?:values|table)$/.test(this.#lexer.text))
      return this.#isNamed ? false : this.#hostile();
    if (kind !== 'select') return false;
    return this.#beginQuery(true);
  }

  #select(): boolean {
    const isBehindParenthesis = this.#previous === 'open' && this.#frames.length > 1;
    return isBehindParenthesis && this.#beginQuery(this.#count > 2 || this.#context.quote !== '');
  }

  #beginQuery(isInjected: boolean): boolean {
    const frame = this.#top;
    frame.clause = 'list';
    frame.isInjected = isInjected;
    frame.aliases = 1;
    this.#side = freshSide(false);
    return this.#expect();
  }

  #from(): boolean {
    const frame = this.#top;
    if (frame.kind === 'call' && frame.clause === '') return this.#expect();
    if (frame.clause !== 'list') return false;
    if (frame.isInjected && !this.#isNamed) return this.#hostile();
    frame.clause = 'from';
    frame.aliases = 1;
    return this.#expect();
  }

  #inQuery(): boolean {
    return this.#top.clause === 'from' || this.#top.clause === 'rest';
  }

  /** A clause behind FROM: with it, even a query at the very beginning is one. */
  #rest(): boolean {
    const frame = this.#top;
    if (frame.clause === 'from' && (frame.kind === 'group' || frame.isInjected)) this.#isHostile = true;
    if (frame.clause !== '') frame.clause = 'rest';
    return true;
  }

  #by(): boolean {
    if (this.#lexer.next() !== 'byWord') return false;
    this.#rest();
    const isOurs = this.#frames.length === 1 && !this.#isNamed;
    const kind = this.#lexer.next();
    if (isOurs && kind === 'number') this.#isSuspect = true;
    return this.#operand(kind);
  }

  #into(): boolean {
    const kind = this.#lexer.next();
    if (kind === 'outfile') return this.#lexer.next() === 'string' && this.#hostile();
    if (kind === 'variable') return this.#isNamed ? false : this.#hostile();
    return this.#top.clause === 'list' && this.#operand(kind);
  }

  #alias(): boolean {
    const frame = this.#top;
    if (frame.aliases === 0) return false;
    frame.aliases--;
    return true;
  }

  #statement(kind: Kind): boolean {
    this.#isStatement = false;
    if (kind === 'semicolon' || kind === 'close') {
      this.#isStatement = true;
      return true;
    }
    if (kind === 'select') return this.#beginQuery(true);
    if (kind === 'if') {
      this.#side = freshSide(true);
      return this.#expect();
    }
    if (statementIsHostile(kind, this.#lexer)) this.#isHostile = true;
    return false;
  }

  #atEnd(): boolean {
    const { quote } = this.#context;
    const { hidden } = this.#lexer;
    if (this.#isCutOff()) return true;
    if (this.#expectsOperand && !this.#isStatement && this.#count > 0) return false;
    const hasGoodEnd = quote === '' || hidden !== undefined || this.#hasOpenString || this.#isStatement;
    if (!hasGoodEnd) return false;
    return this.#isSuspect || this.#isTruth(hidden !== undefined) || this.#isBareOperator();
  }

  /** `admin'--`: the quote, perhaps parentheses, and a comment that hides the rest of the query. */
  #isCutOff(): boolean {
    const { quote, isSimple, start } = this.#context;
    const { hidden } = this.#lexer;
    if (quote === '' || !isSimple || hidden === undefined) return false;
    const isOnlyClosed = this.#count === 0 || this.#lastKind === 'close' || this.#isStatement;
    if (!isOnlyClosed || hidden.includes(quote)) return false;
    return (
      hidden.trim().length <= 4 ||
      (!this.#lexer.isApart && start <= 33) ||
      (start <= 33 && !hidden.includes(' '))
    );
  }

  /** `' or 1 --`, `' or '1`, `1 or 1`: a condition that is a constant. */
  #isTruth(isHidden: boolean): boolean {
    const side = this.#side;
    if (!side.isInjected || side.left !== undefined || !side.isConstant) return false;
    if (this.#context.quote === '')
      return this.#firstNumber !== '' && (this.#lastText === this.#firstNumber || this.#lastText === 'true');
    return (
      (isHidden && /^(?:[1-9]|true)/.test(this.#lastText)) ||
      (this.#hasOpenString && /^[1-9]/.test(this.#lastText))
    );
  }

  /** `'='` and its kin are the whole value: MySQL compares the empty string with a number. */
  #isBareOperator(): boolean {
    const { quote, start } = this.#context;
    return quote !== '' && start === 1 && this.#count === 2 && this.#hasOpenString && this.#lastText === '';
  }

  /** What counts for a query that prose could be: only strongly where the value begins with a name. */
  #suspectStrongly(): void {
    if (this.#isNamed) this.#isSuspect = true;
    else this.#isHostile = true;
  }

  #hostile(): boolean {
    this.#isHostile = true;
    return true;
  }

  get #top(): Frame {
    return this.#frames.at(-1)!;
  }

  #frame(kind: Frame['kind'], isBuilder = false): Frame {
    return { kind, isBuilder, outer: this.#side, clause: '', isInjected: this.#count > 1, aliases: 0 };
  }
}
