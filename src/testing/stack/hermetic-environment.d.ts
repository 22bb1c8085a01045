/**
 * What keeps wrangler from the network, from questions and from the home folder, which may not be writable.
 * Set before wrangler is imported: it reads some of these while it loads.
 */
export declare const hermeticEnvironment: (folder: string) => Readonly<Record<string, string>>;
export declare const enterHermeticEnvironment: (folder: string) => void;
