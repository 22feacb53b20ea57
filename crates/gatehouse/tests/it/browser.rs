//! What people use: a browser at the desk that keeps cookies and sends forms as browsers do, and whatever opens sites
//! through the gateway.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpSocket,
};

use reqwest::{Client, ClientBuilder, Method, Proxy, Response, header, redirect::Policy};

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) body: String,
}

impl Page {
    /// Whether the page says this.
    pub(crate) fn says(&self, text: &str) -> bool {
        self.body.contains(text)
    }

    /// The value of a hidden field.
    #[track_caller]
    pub(crate) fn field(&self, name: &str) -> String {
        match self.between(&format!("name=\"{name}\" value=\""), "\"") {
            Some(value) => value,
            None => panic!("no field {name} in {}", self.body),
        }
    }

    /// The text between two others.
    pub(crate) fn between(&self, from: &str, to: &str) -> Option<String> {
        let rest = self.body.split_once(from)?.1;
        Some(rest.split_once(to)?.0.to_owned())
    }

    /// Holds the status.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{:?} {}", self.location, self.body);
        self
    }

    /// Holds that it leads on to a path.
    #[track_caller]
    pub(crate) fn leads_to(self, path: &str) -> Self {
        assert_eq!((self.status, self.location.as_deref()), (303, Some(path)), "{}", self.body);
        self
    }

    pub(crate) async fn of(response: Response) -> Self {
        let location = response.headers().get(header::LOCATION).and_then(|it| it.to_str().ok()).map(str::to_owned);
        Self { status: response.status().as_u16(), location, body: response.text().await.unwrap_or_default() }
    }
}

/// An address on loopback that no other client of this process has.
pub(crate) fn own_address() -> Ipv4Addr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let [high, low] = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    Ipv4Addr::new(127, 20 + high, low, 2)
}

/// Forms as browsers write them.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

pub(crate) fn encoded(fields: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = fields.iter().map(|(key, value)| format!("{}={}", encode(key), encode(value))).collect();
    pairs.join("&")
}

/// A browser at the desk, on a computer with an address of its own.
pub(crate) struct Browser {
    client: Client,
    base: String,
    pub(crate) address: IpAddr,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl Browser {
    /// A browser that nobody has signed in with.
    pub(crate) fn new(base: &str) -> Self {
        Self::at(base, own_address().into())
    }

    /// A browser on the computer with this address.
    pub(crate) fn at(base: &str, address: IpAddr) -> Self {
        Self::of(Client::builder().no_proxy(), base, address)
    }

    /// A browser that sends everything through the gateway, the desk's pages too.
    pub(crate) fn through(gateway: SocketAddr, base: &str, address: IpAddr) -> Self {
        let gateway = Proxy::all(format!("http://{gateway}")).unwrap();
        Self::of(Client::builder().proxy(gateway), base, address)
    }

    fn of(client: ClientBuilder, base: &str, address: IpAddr) -> Self {
        let client = client.redirect(Policy::none()).local_address(address);
        let client = client.danger_accept_invalid_certs(true).timeout(Duration::from_secs(20)).build().unwrap();
        Self { client, base: base.to_owned(), address, cookies: Mutex::default() }
    }

    async fn ask(&self, method: Method, path: &str, body: Option<(String, Vec<u8>)>, origin: &str) -> Page {
        let cookies: Vec<String> = {
            let jar = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
            jar.iter().map(|(name, value)| format!("{name}={value}")).collect()
        };
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        if let Some((kind, body)) = body {
            request = request.header(header::ORIGIN, origin).header(header::CONTENT_TYPE, kind).body(body);
        }
        let response = request.header(header::ACCEPT, "text/html").send().await.unwrap();
        self.keep(&response);
        Page::of(response).await
    }

    fn keep(&self, response: &Response) {
        let mut jar = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let text = cookie.to_str().unwrap();
            assert!(text.contains("HttpOnly") && text.contains("SameSite=Lax"), "{text}");
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            if text.contains("Max-Age=0") {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Asks for a page; redirects are not followed.
    pub(crate) async fn get(&self, path: &str) -> Page {
        self.ask(Method::GET, path, None, &self.base).await
    }

    /// Opens the page with the form, fills it in and sends it to `action`.
    pub(crate) async fn submit(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Page {
        let csrf = self.get(page).await.is(200).field("csrf");
        let body = format!("csrf={csrf}&{}", encoded(fields));
        self.post(action, &body).await
    }

    /// Sends a form as it is given, from the desk's own page.
    pub(crate) async fn post(&self, action: &str, body: &str) -> Page {
        self.post_from(&self.base, action, body).await
    }

    /// Sends what no form does: a change of the thing at an address.
    pub(crate) async fn put(&self, path: &str, body: &str) -> Page {
        let form = ("application/x-www-form-urlencoded".to_owned(), body.as_bytes().to_vec());
        self.ask(Method::PUT, path, Some(form), &self.base).await
    }

    /// Sends a form that a page of `origin` made.
    pub(crate) async fn post_from(&self, origin: &str, action: &str, body: &str) -> Page {
        let form = ("application/x-www-form-urlencoded".to_owned(), body.as_bytes().to_vec());
        self.ask(Method::POST, action, Some(form), origin).await
    }

    /// Sends a file with a form, as `multipart/form-data`.
    pub(crate) async fn upload(&self, page: &str, action: &str, fields: &[(&str, &str)], file: (&str, &[u8])) -> Page {
        let csrf = self.get(page).await.is(200).field("csrf");
        self.send(action, &csrf, fields, Some(file)).await
    }

    /// Sends a form that has room for a file, without one.
    pub(crate) async fn send_parts(&self, action: &str, csrf: &str, fields: &[(&str, &str)]) -> Page {
        self.send(action, csrf, fields, None).await
    }

    async fn send(&self, action: &str, csrf: &str, fields: &[(&str, &str)], file: Option<(&str, &[u8])>) -> Page {
        let mut body = Vec::new();
        let mut part = |head: &str, content: &[u8]| {
            body.extend_from_slice(format!("--b\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes());
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        };
        part("name=\"csrf\"", csrf.as_bytes());
        fields.iter().for_each(|(name, value)| part(&format!("name=\"{name}\""), value.as_bytes()));
        if let Some((name, content)) = file {
            part(&format!("name=\"{name}\"; filename=\"file.csv\""), content);
        }
        body.extend_from_slice(b"--b--\r\n");
        self.ask(Method::POST, action, Some(("multipart/form-data; boundary=b".to_owned(), body)), &self.base).await
    }

    /// Signs in.
    pub(crate) async fn sign_in(&self, username: &str, password: &str) -> Page {
        self.submit("/sign-in", "/sign-in", &[("username", username), ("password", password), ("next", "/")]).await
    }

    /// Signs out.
    pub(crate) async fn sign_out(&self) {
        self.submit("/account", "/sign-out", &[]).await.leads_to("/sign-in");
    }

    /// Connects a device on the account page; what the device tells the gateway.
    pub(crate) async fn connect_device(&self) -> String {
        let shown = self.submit("/account", "/account/devices", &[("label", "reading tablet")]).await.is(200);
        shown.between("<p class=\"gh-secret\">", "</p>").unwrap()
    }

    /// Signs an agreement under one's name.
    pub(crate) async fn sign_agreement(&self, agreement: &str, name: &str) -> Page {
        let path = format!("/agreements/{agreement}");
        self.submit(&path, &path, &[("read", "yes"), ("name", name)]).await
    }
}

/// Opens sites through a gateway.
pub(crate) struct Surfer {
    client: Client,
    gateway: SocketAddr,
    address: IpAddr,
}

impl Surfer {
    /// A device with a token of its own.
    pub(crate) fn with_token(gateway: SocketAddr, token: &str) -> Self {
        Self::new(gateway, own_address().into(), Some(token))
    }

    /// Whatever is on the computer with this address.
    pub(crate) fn at(gateway: SocketAddr, address: IpAddr) -> Self {
        Self::new(gateway, address, None)
    }

    fn new(gateway: SocketAddr, address: IpAddr, token: Option<&str>) -> Self {
        let mut proxy = Proxy::all(format!("http://{gateway}")).unwrap();
        if let Some(token) = token {
            proxy = proxy.basic_auth("device", token);
        }
        let client = Client::builder().redirect(Policy::none()).local_address(address).proxy(proxy);
        Self { client: client.timeout(Duration::from_secs(20)).build().unwrap(), gateway, address }
    }

    /// Asks for an encrypted connection without a credential; the head of the answer.
    pub(crate) async fn tunnel(&self, target: &str) -> String {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((self.address, 0).into()).unwrap();
        let mut stream = socket.connect(self.gateway).await.unwrap();
        stream.write_all(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n").as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        String::from_utf8(head).unwrap()
    }

    /// Opens a site in a browser.
    pub(crate) async fn open(&self, url: &str) -> Page {
        Page::of(self.client.get(url).header(header::ACCEPT, "text/html").send().await.unwrap()).await
    }

    /// Opens a site, by its status alone.
    pub(crate) async fn status(&self, url: &str) -> u16 {
        self.open(url).await.status
    }
}
