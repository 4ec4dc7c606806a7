export function removeNulls(value: string): string {
  return value.includes('\0') ? value.replaceAll('\0', '') : value;
}

export function replaceNulls(value: string): string {
  return value.includes('\0') ? value.replaceAll('\0', ' ') : value;
}
