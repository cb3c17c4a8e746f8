/** Whether only this machine is behind a host: its name, or an address of 127.0.0.0/8 or ::1. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || LOOPBACK_4.test(host)

/** Octets as they are written, so that no name that is looked up elsewhere passes for one. */
const LOOPBACK_4 = /^127(?:\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/
