export declare const superviseChild: (entry: string, mark: string) => Promise<number>;
