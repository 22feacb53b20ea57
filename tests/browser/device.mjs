// A managed device: what its browser asks for goes to the gateway with the device's token. Browsers send a token of their
// own accord only after they were asked for one, and the demonstration does not ask; so this stands between.
import http from "node:http";
import net from "node:net";
import { gateway } from "./school.mjs";

const { hostname, port } = new URL(gateway);

/** Starts the device of `person`, or one without a token. Gives where its browser finds it, and how it is stopped. */
export async function device(person) {
  const says = person ? `Basic ${Buffer.from(`${person.username}:${person.token}`).toString("base64")}` : null;
  const server = http.createServer((request, answer) => {
    const headers = { ...request.headers, ...(says && { "proxy-authorization": says }) };
    const onward = http.request({ hostname, port, method: request.method, path: request.url, headers }, (from) => {
      answer.writeHead(from.statusCode, from.headers);
      from.pipe(answer);
    });
    onward.on("error", () => answer.destroy());
    request.pipe(onward);
  });
  server.on("connect", (request, browser, first) => {
    const onward = net.connect(Number(port), hostname, () => {
      const token = says ? `Proxy-Authorization: ${says}\r\n` : "";
      onward.write(`CONNECT ${request.url} HTTP/1.1\r\nHost: ${request.url}\r\n${token}\r\n`);
      onward.write(first);
      onward.pipe(browser).pipe(onward);
    });
    onward.on("error", () => browser.destroy());
    browser.on("error", () => onward.destroy());
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    address: `http://127.0.0.1:${server.address().port}`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
