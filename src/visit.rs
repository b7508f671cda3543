//! One customer's visit: the flow, from the open dialog to its end.

use std::cell::RefCell;
use std::rc::Rc;

use flow::{
    Action, Document, Effect, Flow, Notice, Policy, Position, Refused, Source, State, Step, Word, apply,
    notice, view, with_result_token,
};
use js_sys::{Array, Error};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::HtmlDialogElement;

use crate::client::{Answer, Client, EXPIRED, Trouble, entries, fields};
use crate::drawing::{self, draw};
use crate::value::{Value, get};
use crate::{result, stage};

/// How often an ending is told to the server again when nobody answered. The dialog is gone by then.
const ATTEMPTS: u32 = 4;

/// What the dialog's listeners and the requests under way have in common.
type Shared = Rc<RefCell<Visit>>;

struct Visit {
    flow: Flow,
    policy: Policy,
    /// As far as the customer is. Ahead of the server by what is in `unsent`.
    state: State,
    client: Rc<Client>,
    dialog: HtmlDialogElement,
    return_url: Option<String>,
    /// What the server has not acknowledged yet, oldest first.
    unsent: Vec<(Position, Action)>,
    sending: bool,
    failures: u32,
    /// The customer waits for the server, which is carrying out an offer, a cancellation or an undo.
    waiting: Option<Action>,
    closed: bool,
    /// How many runs had an outcome that the page was told of.
    told: u32,
    token: Option<String>,
}

/// Something to tell the page, once nothing is borrowed any more: a callback may call us again.
struct Told {
    callback: &'static str,
    event: &'static str,
    result: JsValue,
}

/// Opens the flow: in the dialog that is handed over, or in one of our own.
///
/// # Errors
/// An `Error` naming the member of the document that cannot be read; nothing is opened or drawn then.
pub(crate) fn begin(session: String, options: JsValue) -> Result<HtmlDialogElement, JsValue> {
    let document = Value(get(&options, "document"));
    let Document { mut flow, policy, state } = Document::read(&document).map_err(|malformed| {
        Error::new(&["The session's document has no readable ", malformed.0].concat())
    })?;
    flow.support_email = flow.support_email.or_else(|| get(&options, "fallbackEmail").as_string());
    let given = get(&options, "dialog");
    #[cfg(feature = "bare")]
    let given = if given.is_object() { given } else { stage::open().into() };
    let dialog: HtmlDialogElement = given.unchecked_into();
    let drawn = get(&options, "drawn").is_truthy();
    if !drawn {
        drawing::dress(&dialog, &get(&options, "style"))?;
        drawing::paint(&dialog, &document.0);
    }
    let again = get(&options, "again");
    let mut visit = Visit {
        flow,
        policy,
        told: state.number(),
        state,
        client: Rc::new(Client { session, options }),
        dialog: dialog.clone(),
        return_url: None,
        unsent: Vec::new(),
        sending: false,
        failures: 0,
        waiting: None,
        closed: false,
        token: None,
    };
    visit.note(&document);
    if visit.state.open_run().is_some() {
        // An open run has no outcome yet; it is told of when it has one.
        visit.told -= 1;
    }
    // Opened before it is drawn, so that the form of the first step has its place behind that.
    let place = visit.state.next();
    let shown = apply(&visit.flow, &visit.policy, &visit.state, &Action::Shown);
    let said = shown.is_err().then_some(Notice::Changed);
    if let Ok(next) = shown
        && next.next() != place
    {
        visit.unsent.push((place, Action::Shown));
        visit.state = next;
    }
    let visit = Rc::new(RefCell::new(visit));
    let pressing = visit.clone();
    let sent = Closure::<dyn FnMut(Array)>::new(move |texts: Array| pressed(&pressing, &texts, false));
    let leaving = visit.clone();
    let closed = Closure::<dyn FnMut()>::new(move || leave(&leaving));
    stage::listen(&dialog, &sent, &closed);
    // They live as long as the dialog does.
    sent.forget();
    closed.forget();
    visit.borrow().draw(said, drawn);
    send(&visit);
    for texts in Value(again).items().iter().flatten() {
        pressed(&visit, texts.0.unchecked_ref(), true);
    }
    Ok(dialog)
}

/// A form was sent: names and values in turn. It may be `again`, after it was sent in another session.
fn pressed(visit: &Shared, texts: &Array, again: bool) {
    let text = |index| texts.get(index).as_string().unwrap_or_default();
    let mut fields = Vec::new();
    for index in 0..texts.length() / 2 {
        fields.push((text(2 * index), text(2 * index + 1)));
    }
    match Action::from_form(&fields) {
        // Another visit goes on here.
        _ if visit.borrow().closed => {}
        // This session may have other terms: they are seen before they are accepted.
        Ok(Action::Accept { .. }) if again => visit.borrow().say(Notice::Changed, None),
        Ok(action) => act(visit, action),
        // `OPEN_AS_PAGE`: all that a form can say beside.
        Err(_) => visit.borrow().open_as_page(),
    }
}

/// Does what the customer asked for: at once where it can be decided here, with the server where the world changes.
fn act(visit: &Shared, action: Action) {
    let mut this = visit.borrow_mut();
    let place = this.state.next();
    let next = match apply(&this.flow, &this.policy, &this.state, &action) {
        Ok(next) => next,
        Err(refused) => {
            stage::busy(&this.dialog, "");
            this.say(if refused == Refused::TooLong { Notice::TooLong } else { Notice::Changed }, None);
            return;
        }
    };
    if next.next() == place {
        // Nothing has to be told: "Done" on a receipt, or opening what is over.
        if action == Action::Close {
            this.dialog.close();
        }
        return;
    }
    this.unsent.push((place, action.clone()));
    // Whether an earlier press arrived may be unknown: then keeping, too, is told once it is known.
    let unsure = this.failures > 0 && action == Action::Keep;
    if unsure || next.runs.last().is_some_and(|run| run.effect == Some(Effect::Pending)) {
        this.waiting = Some(action);
        stage::busy(&this.dialog, this.flow.words.get(Word::Working));
        this.report("", "");
    } else {
        this.state = next;
        match action {
            Action::Close | Action::Keep => this.dialog.close(),
            _ => this.draw(None, false),
        }
    }
    drop(this);
    send(visit);
}

/// Sends what is not acknowledged, one request at a time.
fn send(visit: &Shared) {
    let mut this = visit.borrow_mut();
    if this.sending || this.unsent.is_empty() {
        return;
    }
    this.sending = true;
    let client = this.client.clone();
    let (actions, sent) = (entries(&this.unsent), this.unsent.len());
    drop(this);
    let visit = visit.clone();
    spawn_local(async move {
        let answer = client.send(actions).await;
        if answer.as_ref().err() == Some(&EXPIRED) && renewed(&visit, &client).await {
            return;
        }
        if let Some(milliseconds) = arrived(&visit, answer, sent) {
            let _ = JsFuture::from(stage::pause(milliseconds)).await;
            send(&visit);
        }
    });
}

/// Hands over to a visit of a new session, if the page can make one, where the session of this one has expired in the middle of
/// a run. The new one knows nothing of it, so it is told again what the customer did, acknowledged before or not.
async fn renewed(visit: &Shared, client: &Client) -> bool {
    let (dialog, open) = {
        let this = visit.borrow();
        (this.dialog.clone(), this.state.open_run().is_some())
    };
    let renewed = open && JsFuture::from(stage::renew(&dialog, &client.options)).await.is_ok();
    visit.borrow_mut().closed |= renewed;
    renewed
}

/// Takes in what came of a request. Some when more is to be sent, after that many milliseconds.
fn arrived(visit: &Shared, answer: Result<Answer, Trouble>, sent: usize) -> Option<u32> {
    let mut this = visit.borrow_mut();
    this.sending = false;
    let waited = this.waiting.is_some();
    let told = match answer.and_then(|answer| this.answered(&answer, sent)) {
        Ok(told) => told,
        Err(trouble) => {
            this.failed(trouble);
            None
        }
    };
    let failures = this.failures;
    let again = if failures == 0 { !this.unsent.is_empty() } else { this.closed && failures < ATTEMPTS };
    if this.closed && (this.unsent.is_empty() || failures >= ATTEMPTS) {
        stage::rest(&this.client.options);
    }
    // Closed while waiting: the end was put off until it was known what it is.
    let put_off = this.closed && waited && this.waiting.is_none();
    drop(this);
    if let Some(told) = told {
        told.tell(visit);
    }
    if put_off {
        complete(visit);
    }
    again.then_some(failures * failures * 1000)
}

/// The dialog was closed, by whatever means.
fn leave(visit: &Shared) {
    let mut this = visit.borrow_mut();
    if this.closed {
        return;
    }
    this.closed = true;
    if this.waiting.is_none() && this.state.open_run().is_some() {
        drop(this);
        act(visit, Action::Close);
        this = visit.borrow_mut();
    }
    let waiting = this.waiting.is_some();
    if this.unsent.is_empty() {
        stage::rest(&this.client.options);
    }
    drop(this);
    if !waiting {
        complete(visit);
    }
}

/// Tells the page that this visit is over, and leads on where there is somewhere to go.
fn complete(visit: &Shared) {
    let this = visit.borrow();
    let told = Told { callback: "onComplete", event: "farewell:complete", result: this.result() };
    drop(this);
    told.tell(visit);
    visit.borrow().follow();
}

impl Told {
    fn tell(&self, visit: &Shared) {
        let (client, dialog) = {
            let this = visit.borrow();
            (this.client.clone(), this.dialog.clone())
        };
        let callbacks = get(&client.options, "callbacks");
        stage::tell(&dialog, &callbacks, self.callback, self.event, &self.result);
    }
}

impl Visit {
    /// Draws where the customer is, unless it is `drawn` already, with something to say about it.
    fn draw(&self, said: Option<Notice>, drawn: bool) {
        let view = view(&self.flow, &self.policy, &self.state);
        if !drawn {
            drawing::show(&self.dialog, &draw(&self.flow, &view.form));
        }
        self.report(view.step, "");
        if let Some(said) = said {
            self.say(said, None);
        }
    }

    /// Says something on top of the step. `failed` is what the customer wanted and did not get.
    fn say(&self, said: Notice, failed: Option<&Action>) {
        let notice = draw(&self.flow, &notice(&self.flow, said, failed));
        stage::notify(&self.dialog, &notice, self.flow.words.get(Word::Reference), &self.client.session);
        self.report("", said.name());
    }

    /// Tells whoever draws the flow on their own where the customer is. Without a step, something is said on top of it.
    fn report(&self, step: &str, notice: &str) {
        let offer = match self.state.open_run().map(|run| &run.step) {
            Some(Step::Offer { offer }) => offer,
            _ => "",
        };
        let ended = self.state.open_run().is_none();
        let result = if ended { self.result() } else { JsValue::NULL };
        stage::report(&self.client.options, step, offer, notice, self.waiting.is_some(), &result);
    }

    /// Leaves for the session's page, and takes along what was answered and did not arrive.
    fn open_as_page(&self) {
        let answer = self.unsent.iter().rev().find(|(_, action)| matches!(action, Action::Answer { .. }));
        let page = &self.flow.page;
        match (self.unsent.first(), answer) {
            // At the place where the server is: opening the flow, which it may not know of either, needs no action of its own.
            (Some((place, _)), Some((_, answer))) => {
                stage::post(&page.action, "handle", &page.handle, &fields(*place, answer));
            }
            _ => stage::post(&page.action, "session", &self.client.session, &Array::new()),
        }
    }

    /// Keeps what an answer says beside the state.
    fn note(&mut self, body: &Value) {
        self.return_url = body.get("return_url").text();
        self.token = body.get("result").get("token").text();
    }

    /// Takes an answer in. What comes back is to be told to the page.
    fn answered(&mut self, answer: &Answer, sent: usize) -> Result<Option<Told>, Trouble> {
        let state = State::read(&answer.body.get("state"))
            .map_err(|_| "the server's answer has no readable state.")?;
        if let Ok(flow) = Flow::read(&answer.body.get("flow")) {
            let support_email = self.flow.support_email.take();
            self.flow = Flow { support_email, ..flow };
        }
        self.failures = 0;
        self.note(&answer.body);
        if answer.taken {
            self.unsent.drain(..sent.min(self.unsent.len()));
        } else {
            self.unsent.clear();
        }
        if !self.unsent.is_empty() {
            // The customer is ahead; what they did since is on its way.
            return Ok(None);
        }
        let waited = self.waiting.take().is_some();
        let elsewhere = !answer.taken || (!waited && state.next() != self.state.next());
        self.state = state;
        let told = self.outcome();
        if waited || elsewhere {
            self.draw((!answer.taken).then_some(Notice::Changed), false);
        } else if told.is_some() {
            self.report("", "");
        }
        Ok(told)
    }

    /// What the page has to be told of the latest run, once: its outcome, when the server has confirmed it.
    fn outcome(&mut self) -> Option<Told> {
        let number = self.state.number();
        let run = self.state.runs.last()?;
        let outcome = run.outcome.filter(|_| number > self.told)?;
        self.told = number;
        let (callback, event) = match outcome {
            flow::Outcome::Saved => ("onRetained", "farewell:retained"),
            flow::Outcome::Canceled => ("onCancelled", "farewell:cancelled"),
            // Nothing was decided: there is nothing to hand over.
            flow::Outcome::Aborted => return None,
        };
        if let (Some(token), None) = (&self.token, &self.return_url)
            && get(&self.client.options, "fragment").as_bool() != Some(false)
        {
            stage::set_fragment(&with_result_token(&stage::fragment(), token));
        }
        Some(Told { callback, event, result: self.result() })
    }

    fn result(&self) -> JsValue {
        let number = self.state.number();
        let confirmed = self.token.as_deref().filter(|_| number <= self.told);
        self.state.runs.last().map_or(JsValue::NULL, |run| result::of_run(&self.flow, number, run, confirmed))
    }

    /// Nobody answered, or not sensibly. The customer may try again; the same action is never done twice.
    fn failed(&mut self, trouble: Trouble) {
        self.failures += 1;
        stage::complain(trouble);
        // With the dialog gone nobody can press again: it stays in the queue, and is sent again.
        if self.closed && self.failures < ATTEMPTS {
            return;
        }
        if let Some(action) = self.waiting.take() {
            // It keeps its number, so sending it again is sending the same.
            self.unsent.pop();
            stage::busy(&self.dialog, "");
            self.say(if trouble == EXPIRED { Notice::Expired } else { Notice::Failed }, Some(&action));
        }
    }

    /// Goes where the session leads after a receipt. Never from under it.
    fn follow(&self) {
        let ended = self.state.runs.last().is_some_and(|run| run.effect.is_some());
        if let (true, Some(url), Some(token)) = (ended, &self.return_url, &self.token) {
            stage::go(&with_result_token(url, token));
        }
    }
}
