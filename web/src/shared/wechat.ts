/** Whether the pages run in WeChat's own browser, by what it says of itself. */
export const insideWechat = (agent: string = globalThis.navigator?.userAgent ?? ""): boolean => /MicroMessenger/i.test(agent);
