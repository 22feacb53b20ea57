// The demonstration school as its first words describe it: where its desk and gateway are, who may sign in.
import { readFileSync } from "node:fs";

const words = readFileSync(process.env.DEMO, "utf8");
const one = (pattern) => {
  const found = words.match(pattern);
  if (!found) throw new Error(`The demonstration school did not say ${pattern}`);
  return found[1];
};

export const SCHOOL = "Willow Lane Primary";
export const desk = one(/^ *Desk +(\S+)$/m);
export const gateway = one(/^ *Gateway +(\S+)$/m);

const signIns = words.slice(words.indexOf("Sign in as:"), words.indexOf("Try the gateway"));
const tokens = new Map([...words.matchAll(/curl -x http:\/\/([^:]+):([^@]+)@/g)].map(([, who, token]) => [who, token]));
for (const [, who, token] of words.slice(words.indexOf("The others' tokens:")).matchAll(/^ {2}(\S+) +(\S{40,})$/gm)) {
  tokens.set(who, token);
}

const people = [...signIns.matchAll(/^ {2}(\S+) +(\S+) +(.+)$/gm)].map(([, username, password, is]) => ({
  username,
  password,
  is,
  token: tokens.get(username),
}));

const person = (is) => {
  const found = people.find((it) => it.is.includes(is));
  if (!found) throw new Error(`The demonstration school has not ${is}`);
  return found;
};

export const pupil = person("pupil");
export const head = person("headteacher");
export const safeguarding = person("safeguarding lead");
export const network = person("network manager");
export const teacher = person("class teacher");
export const office = person("the office");
export const governor = person("chair of governors");
