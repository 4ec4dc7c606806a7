import { type Matcher, OperatorFault } from './operator.ts';

/**
 * Numbers whose check digits tell them from others: an expression finds candidates, and the first that holds is captured.
 * `compile` is the translation of PCRE's syntax, which is not this file's business.
 */
function identifier(isValid: (digits: string) => boolean): (pattern: RegExp) => Matcher {
  return (pattern) => {
    if (pattern.flags.includes('y')) throw new OperatorFault('its expression must not be sticky');
    const global = new RegExp(pattern.source, `${pattern.flags.replace('g', '')}g`);
    return (value) => {
      global.lastIndex = 0;
      for (let count = 0; count < maxCandidates; count++) {
        const match = global.exec(value);
        if (match === null) return false;
        if (isValid(match[0].replace(/\D+/g, ''))) return [match[0]];
        // As the language has it, the next look begins one byte on, not behind the candidate: digits may overlap.
        global.lastIndex = match.index + 1;
      }
      return false;
    };
  };
}

/** How many candidates are looked at in one value: the bound that keeps it linear. */
const maxCandidates = 1_000;

/** Payment cards: 13 to 19 digits and Luhn's check (ISO/IEC 7812-1, annex B). */
export const verifyCC = identifier((digits) => {
  if (digits.length < 13 || digits.length > 19) return false;
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 48;
    sum += index % 2 === 0 ? digit : digit * 2 - (digit > 4 ? 9 : 0);
  }
  return sum % 10 === 0;
});

/** Social security numbers of the USA: no area 000, 666 or from 740 on, no group 00, no serial 0000, nothing that counts up or repeats. */
export const verifySSN = identifier((digits) => {
  if (digits.length !== 9) return false;
  const area = Number(digits.slice(0, 3));
  const isGiven = area > 0 && area < 740 && area !== 666;
  if (!isGiven || digits.slice(3, 5) === '00' || digits.slice(5) === '0000') return false;
  return digits !== '123456789' && !/^(\d)\1+$/.test(digits);
});

/** Cadastro de Pessoas Físicas (Brazil): eleven digits, the last two of which check the others modulo 11. */
export const verifyCPF = identifier((digits) => {
  if (digits.length !== 11 || /^(\d)\1+$/.test(digits)) return false;
  return [9, 10].every((length) => {
    let sum = 0;
    for (let index = 0; index < length; index++) sum += Number(digits[index]) * (length + 1 - index);
    const check = (sum * 10) % 11;
    return (check === 10 ? 0 : check) === Number(digits[length]);
  });
});

/** Sozialversicherungsnummer (Austria): ten digits, the fourth of which checks the others modulo 11. */
export const verifySVNR = identifier((digits) => {
  if (digits.length !== 10 || /^(\d)\1+$/.test(digits)) return false;
  const weights = [3, 7, 9, 0, 5, 8, 4, 2, 1, 6];
  const sum = weights.reduce((total, weight, index) => total + weight * Number(digits[index]), 0);
  return sum % 11 === Number(digits[3]);
});
