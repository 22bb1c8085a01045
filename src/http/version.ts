/** The release that this is; a test keeps it the one of the package. */
export const VERSION = '0.1.0';
