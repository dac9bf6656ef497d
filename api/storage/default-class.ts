/** `true` on the class that claims without one get. */
export const IS_DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';
