/** Version of job folders: specs, events, control messages and heartbeats. Readers refuse a newer one. */
export const PROTOCOL_VERSION = 1;
