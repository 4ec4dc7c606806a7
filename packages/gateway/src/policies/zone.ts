/**
 * An address without its zone. The socket names a link-local peer `fe80::1%eth0` (RFC 4007 section 11); the zone is
 * ours and no part of the address, and with it no list of networks would know the address.
 */
export function withoutZone(address: string): string {
  const zone = address.indexOf('%');
  return zone < 0 ? address : address.slice(0, zone);
}
