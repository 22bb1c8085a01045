export declare const untilReady: (url: string, lastWords: () => string) => Promise<void>;
