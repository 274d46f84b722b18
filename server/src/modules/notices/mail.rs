//! Messages by mail. Off until the district names a mail server; until then nothing connects anywhere.

use std::{collections::BTreeMap, sync::LazyLock, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use db::Tx;
use kernel::{Error, Result, Time};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message as Mail, Tokio1Executor,
    message::{Mailbox, header::ContentType},
    transport::smtp::{
        authentication::Credentials,
        client::{Tls, TlsParameters},
    },
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    model::QUIET,
    store::{self, Message},
};
use crate::{
    app::App,
    declare,
    modules::access::Keys,
    settings::{Given, Held},
};

declare! {
    /// The district's mail server; without one nothing is sent by mail.
    MAIL: Option<MailServer> = "smtp";
}

/// What a sealed mail address is sealed for.
pub const ADDRESS: &str = "mail address";
/// What the mail server's password is sealed for.
const PASSWORD: &str = "smtp password";

/// A message that is older than this was overtaken by events.
const STALE_HOURS: i64 = 24;
/// Whoever reads a notice in this time needs no mail.
const GRACE_MINUTES: i64 = 2;
/// Messages of one round.
const BATCH: i64 = 20;
/// How long the mail server may take for one message.
const PATIENCE: Duration = Duration::from_secs(20);
/// Minutes from each try to the next; after the last one the message has failed.
const RETRIES: [i64; 5] = [1, 5, 30, 120, 360];

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protection {
    /// TLS from the first byte, usually port 465.
    Tls,
    /// TLS after STARTTLS, usually port 587; without it nothing is sent.
    StartTls,
    /// Nothing: a relay on the same machine or network. A password is never sent this way.
    None,
}

/// The district's mail server, as the setting keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MailServer {
    /// Its name, which its certificate must bear.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub protection: Protection,
    /// Who we are to it; nothing when it asks nobody.
    pub user: Option<String>,
    /// Our password, as it is given; it is never stored.
    #[serde(default, skip_serializing_if = "Given::is_nothing")]
    pub password: Given,
    /// Our password, sealed; it is never shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<String>,
    /// The sender, such as `经纬 <notice@example.org>`.
    pub from: String,
}

impl Held for Option<MailServer> {
    fn check(&self) -> Result<()> {
        self.as_ref().map_or(Ok(()), MailServer::check)
    }

    fn keep(self, app: &App, before: Option<Self>) -> Result<Self> {
        self.map(|server| server.with_sealed_password(&app.keys, before.flatten())).transpose()
    }

    fn shown(self) -> Self {
        self.map(|server| MailServer { password: Given::shown(server.sealed.as_ref()), sealed: None, ..server })
    }
}

impl MailServer {
    /// The same server with its password sealed, or with the one that is stored already. That one is not kept for another host: whoever may
    /// change the host need not know the password, and must not get it sent to a machine of his own.
    fn with_sealed_password(mut self, keys: &Keys, before: Option<Self>) -> Result<Self> {
        let stored = before.and_then(|before| Some((before.host, before.sealed?)));
        let moved = stored.as_ref().is_some_and(|(host, _)| *host != self.host);
        if moved && matches!(self.password, Given::Kept) {
            return Err(Error::invalid("value.password", "password-again"));
        }
        let given = std::mem::replace(&mut self.password, Given::Nothing);
        self.sealed = given.sealed(keys, PASSWORD, stored.map(|(_, sealed)| sealed))?;
        Ok(self)
    }

    /// Refuses a server that could not work, by field.
    fn check(&self) -> Result<()> {
        if self.host.trim().is_empty() {
            return Err(Error::invalid("value.host", "required"));
        }
        if self.from.parse::<Mailbox>().is_err() {
            return Err(Error::invalid("value.from", "bad-address"));
        }
        if self.protection == Protection::None && self.sealed.is_some() {
            return Err(Error::invalid("value.protection", "password-needs-tls"));
        }
        Ok(())
    }

    fn transport(&self, keys: &Keys) -> Result<AsyncSmtpTransport<Tokio1Executor>> {
        self.check()?;
        let parameters = || TlsParameters::new(self.host.clone()).map_err(Error::internal);
        let tls = match self.protection {
            Protection::Tls => Tls::Wrapper(parameters()?),
            Protection::StartTls => Tls::Required(parameters()?),
            Protection::None => Tls::None,
        };
        let mut builder =
            AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&self.host).port(self.port).tls(tls).timeout(Some(PATIENCE));
        if let (Some(user), Some(sealed)) = (&self.user, &self.sealed) {
            let sealed = BASE64_STANDARD.decode(sealed).map_err(Error::internal)?;
            let password = String::from_utf8(keys.open(&sealed, PASSWORD)?).map_err(Error::internal)?;
            builder = builder.credentials(Credentials::new(user.clone(), password));
        }
        Ok(builder.build())
    }
}

/// What a round of deliveries did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Messages that the mail server took.
    pub sent: u32,
    /// Messages that will be tried again.
    pub later: u32,
    /// Messages that will not.
    pub failed: u32,
}

/// Makes messages of unread notices and sends those that are due. Run it every minute; no statement when there is no mail server.
///
/// A message may go out twice when the process ends between the sending and the note of it; both bear the same `Message-ID`.
pub async fn deliver(app: &App) -> Result<Delivered> {
    let now = app.clock.now();
    let Some(server) = app.access.setting(&MAIL, now) else {
        return Ok(Delivered::default());
    };
    let quiet = app.access.setting(&QUIET, now).ends(app.zone, now)?.is_some();
    let transport = server.transport(&app.keys)?;
    let mut all = Delivered::default();
    loop {
        let messages = take(app, now, quiet).await?;
        for message in &messages {
            let outcome = send(app, &server, &transport, message).await;
            let mut tx = app.db.begin();
            note(&mut tx, app.clock.now(), message, outcome, &mut all).await?;
            tx.commit().await?;
        }
        if messages.len() < BATCH as usize || app.is_stopping() {
            return Ok(all);
        }
    }
}

async fn take(app: &App, now: Time, quiet: bool) -> Result<Vec<Message>> {
    let mut tx = app.db.begin();
    store::fill_outbox(&mut tx, now.plus_minutes(-60 * STALE_HOURS), now.plus_minutes(-GRACE_MINUTES), now).await?;
    // Should this process end now, another one takes the messages up when these could all have timed out.
    let again = now + PATIENCE * (BATCH as u32 + 1);
    let messages = store::take(&mut tx, now, again, quiet, BATCH).await?;
    tx.commit().await?;
    Ok(messages)
}

/// Why a message did not go out, in words that name nobody.
struct Fault {
    words: String,
    lasting: bool,
}

impl Fault {
    fn lasting(words: &str) -> Self {
        Self { words: words.to_owned(), lasting: true }
    }
}

async fn note(tx: &mut Tx, now: Time, message: &Message, outcome: Result<(), Fault>, all: &mut Delivered) -> Result<()> {
    let Err(fault) = outcome else {
        all.sent += 1;
        return store::sent(tx, message.id, now).await;
    };
    let wait = RETRIES.get(message.attempts.max(1) as usize - 1).filter(|_| !fault.lasting);
    *(if wait.is_some() { &mut all.later } else { &mut all.failed }) += 1;
    tracing::warn!(message = %message.id, attempts = message.attempts, fault = fault.words, "a mail did not go out");
    store::not_sent(tx, message.id, &fault.words, wait.map(|minutes| now.plus_minutes(*minutes))).await
}

async fn send(
    app: &App,
    server: &MailServer,
    transport: &AsyncSmtpTransport<Tokio1Executor>,
    message: &Message,
) -> Result<(), Fault> {
    let mail = compose(app, server, message).map_err(|()| Fault::lasting("the message cannot be made"))?;
    let sending = tokio::time::timeout(PATIENCE, transport.send(mail)).await;
    let refusal = match sending {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(error)) => error,
        Err(_) => return Err(Fault { words: "no answer".to_owned(), lasting: false }),
    };
    // The server's sentence may repeat the address, its number does not.
    let words = refusal.status().map_or_else(|| "no connection".to_owned(), |code| format!("refused with {code}"));
    Err(Fault { words, lasting: refusal.is_permanent() })
}

fn compose(app: &App, server: &MailServer, message: &Message) -> Result<Mail, ()> {
    let address = app.keys.open(&message.address, ADDRESS).map_err(drop)?;
    let address = String::from_utf8(address).map_err(drop)?;
    let (subject, body) = words(&message.template, &message.params);
    Mail::builder()
        .from(server.from.parse().map_err(drop)?)
        .to(address.parse().map_err(drop)?)
        .message_id(Some(format!("<{}@{}>", message.id, server.host)))
        .subject(subject)
        .header(ContentType::TEXT_PLAIN)
        .body(body)
        .map_err(drop)
}

#[derive(Deserialize)]
struct Words {
    subject: String,
    body: String,
}

/// The sentences by kind of notice; the empty kind is for those that have none of their own.
static WORDS: LazyLock<BTreeMap<String, Words>> =
    LazyLock::new(|| serde_json::from_str(include_str!("words.json")).unwrap_or_default());

/// Subject and text of a message. A gap without a value stays empty.
fn words(template: &str, params: &Value) -> (String, String) {
    let Some(words) = WORDS.get(template).or_else(|| WORDS.get("")) else { return Default::default() };
    (filled(&words.subject, params), filled(&words.body, params))
}

fn filled(text: &str, params: &Value) -> String {
    let mut parts = text.split('{');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').unwrap_or((part, ""));
        match &params[name] {
            Value::String(value) => out.push_str(value),
            Value::Number(value) => out.push_str(&value.to_string()),
            _ => {}
        }
        out.push_str(rest);
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sentences_take_their_values() {
        assert!(WORDS.contains_key("") && WORDS.len() > 5);
        let (subject, body) = words("task-offered", &json!({"code": "C1", "matter": "占用消防通道"}));
        assert_eq!(subject, "【经纬】新任务 C1");
        assert!(body.contains("占用消防通道（C1）"));
        assert_eq!(words("never-heard-of", &json!({})).0, "【经纬】您有一条新消息");
        assert_eq!(filled("a{x}b{y}c{z}", &json!({"x": 7, "y": null})), "a7bc");
    }

    #[test]
    fn a_password_never_travels_in_the_clear() {
        let keys = Keys::derive(&[7; 32]);
        let server = |protection, from: &str| MailServer {
            host: "mail.example.org".to_owned(),
            port: 25,
            protection,
            user: Some("u".to_owned()),
            password: Given::Nothing,
            sealed: None,
            from: from.to_owned(),
        };
        let with = |protection| {
            let password = Given::New("secret".to_owned());
            let named = MailServer { password, ..server(protection, "经纬 <a@example.org>") };
            assert!(!format!("{named:?}").contains("secret"));
            named.with_sealed_password(&keys, None).unwrap()
        };
        assert!(with(Protection::None).check().is_err());
        assert!(with(Protection::StartTls).transport(&keys).is_ok() && with(Protection::Tls).transport(&keys).is_ok());
        assert!(server(Protection::None, "a@example.org").check().is_ok());
        assert!(server(Protection::None, "nobody").check().is_err());
        let stored = with(Protection::Tls);
        assert!(!serde_json::to_string(&stored).unwrap().contains("secret"));
        let shown = Some(stored).shown().unwrap();
        assert!(matches!(shown.password, Given::Kept) && shown.sealed.is_none());
    }
}
