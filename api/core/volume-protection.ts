/** Finalizers that keep storage while somebody uses it ("Persistent Volumes", "Storage Object in Use Protection"). */
export const CLAIM_PROTECTION = 'kubernetes.io/pvc-protection';
export const VOLUME_PROTECTION = 'kubernetes.io/pv-protection';
