use flow::Element;

use super::quoted::Quoted;
use super::view::{self, Card, Fate, Hub, Invoices, Payment, Step, Surface, Way};
use super::want::Ways;
use super::{HubClaims, Screen, Want, change};
use crate::billing::{
    Account, Authentication, Billing, Customer, Holding, Lookup, LookupError, PlanTerms, Quote, QuoteError,
    Wanted,
};
use crate::brand::Brand;
use crate::session::{Created, NewSession, SessionError, Sessions, Stored};

/// How many invoices are shown before a customer asks for all of them.
const FEW_INVOICES: usize = 3;
/// How many there are then.
const ALL_INVOICES: usize = 100;

/// The hub as it is shown now.
#[derive(Clone, Debug)]
pub struct Overview {
    /// BCP 47 tag of the language.
    pub locale: String,
    /// What it is called, in that language.
    pub title: String,
    /// All of it.
    pub drawing: Element,
    /// What became of the change that the customer has just agreed to.
    pub changed: Option<Changed>,
    /// Where the customer is to be sent from here: the page where they say what to pay with.
    pub leads_to: Option<String>,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The subscription's id in billing.
    pub subscription: String,
    /// What was wanted.
    pub want: Want,
    /// How it stands.
    pub standing: change::Standing,
    /// What the customer has to do first, where it is pending for that.
    pub authentication: Option<Authentication>,
}

impl Sessions {
    /// What the customer has now, drawn, with what they are at.
    ///
    /// # Errors
    /// Billing does not know the customer or the subscription any more, or cannot be asked.
    pub async fn overview(
        &self,
        claims: &HubClaims,
        brand: &Brand,
        screen: &Screen,
        surface: Surface<'_>,
    ) -> Result<Overview, SessionError> {
        let billing = self.billing(&brand.slug, claims.environment, false)?;
        let most = if *screen == Screen::Invoices { ALL_INVOICES } else { FEW_INVOICES };
        let (account, invoices, busy) = tokio::join!(
            self.account(claims, brand),
            self.invoices(claims, brand, &*billing, most),
            change::pending(&self.store, claims),
        );
        let (Account { customer, subscriptions, payment_method }, busy) = (account?, busy?);
        let plans = offered(brand, &*billing, &claims.customer, &subscriptions).await?;
        let locale = claims.locale.clone().unwrap_or_else(|| brand.locale.clone());
        let mut hub = Hub::new(brand, &locale, surface, &self.config.server, self.clock.now());
        hub.invoices = invoices.filter(|_| subscriptions.iter().any(|holding| holding.terms.is_some()));
        for holding in subscriptions {
            let pending = busy.iter().find(|(subscription, _)| Some(subscription) == holding.id.as_ref());
            let is_busy = pending.is_some();
            let authenticate = pending.and_then(|(_, how)| how.as_ref()?.link.clone());
            let ways = offers(brand, &*billing, &holding, &plans);
            let way = self.way(claims, brand, (&customer, &holding), surface).await?;
            hub.cards.push(Card { holding, way, ways, is_busy, authenticate, step: None });
        }
        let mut leads_to = None;
        let mut changed = None;
        match screen {
            Screen::Home { from, notice } => {
                hub.from.clone_from(from);
                hub.fate = notice.map(Fate::Undone);
            }
            Screen::Invoices => hub.to_invoices = true,
            Screen::Payment => {
                let back = self.page_after(brand, surface);
                leads_to = match back {
                    Some(back) => match billing.payment_page(&claims.customer, &back).await {
                        Ok(page) => page.map(String::from),
                        // All else can be done, and the way to cancel is there.
                        Err(error) => {
                            tracing::error!(why = error.name(), "there is no page for payment methods");
                            hub.fate = Some(Fate::Undone(super::Notice::NotNow));
                            None
                        }
                    },
                    None => None,
                };
            }
            Screen::Told { change: number } => {
                if let Some(found) = change::find(&self.store, claims, number).await? {
                    changed = Some(Changed {
                        subscription: found.instruction.subscription.clone().unwrap_or_default(),
                        want: found.want,
                        standing: found.standing,
                        authentication: found.authentication.clone(),
                    });
                    hub.fate = Some(Fate::Change(number.clone(), Box::new(found)));
                }
            }
            Screen::Choice { subscription, want, choice } => {
                let card = hub.card(subscription)?;
                card.step = Some(Step::choice(*want, choice.clone(), None)).filter(|_| card.can(*want));
            }
            Screen::Preview { subscription, want, choice, changed } => {
                let card = hub.card(subscription)?;
                if card.can(*want) {
                    let asked = (subscription.as_str(), *want, choice.as_deref());
                    card.step = self.preview(claims, &*billing, &card.ways, asked, *changed).await?;
                }
            }
        }
        if screen.is_of_subscription() && hub.cards.iter().all(|card| card.step.is_none()) {
            hub.fate = Some(Fate::Undone(super::Notice::NotNow));
        }
        hub.payment = Payment::of(payment_method, brand, billing.has_payment_page(), leads_to.clone());
        let title = hub.title().to_owned();
        Ok(Overview { title, drawing: view::draw(&hub), locale, changed, leads_to })
    }

    /// What can be done with one subscription of the customer.
    pub(super) async fn ways(
        &self,
        claims: &HubClaims,
        brand: &Brand,
        subscription: &str,
    ) -> Result<Ways, SessionError> {
        let billing = self.billing(&brand.slug, claims.environment, false)?;
        let mut holdings = self.account(claims, brand).await?.subscriptions;
        holdings.retain(|holding| holding.id.as_deref() == Some(subscription));
        let plans = offered(brand, &*billing, &claims.customer, &holdings).await?;
        let holding = holdings.first().ok_or(LookupError::UnknownSubscription)?;
        Ok(offers(brand, &*billing, holding, &plans))
    }

    pub(super) async fn account(&self, claims: &HubClaims, brand: &Brand) -> Result<Account, SessionError> {
        let lookup = Lookup {
            customer: Some(claims.customer.clone()),
            // A merchant that bills on its own knows the customer by what it said.
            email: None,
            subscription: None,
            token: None,
        };
        Ok(self.billing(&brand.slug, claims.environment, false)?.account(&lookup).await?)
    }

    /// The latest invoices. Where they cannot be had, the rest of the hub is shown all the same.
    async fn invoices(
        &self,
        claims: &HubClaims,
        brand: &Brand,
        billing: &dyn Billing,
        most: usize,
    ) -> Option<Invoices> {
        if !brand.hub.invoices {
            return None;
        }
        match billing.invoices(&claims.customer, most + 1).await {
            Ok(mut list) => {
                let more = list.len() > most;
                list.truncate(most);
                Some(Invoices::These { list, more })
            }
            Err(error) => {
                tracing::warn!(why = error.name(), "invoices cannot be shown");
                Some(Invoices::Away)
            }
        }
    }

    /// What a change would mean, to be agreed to; or the choice again, with what is wrong about it. None: it cannot be done now.
    async fn preview(
        &self,
        claims: &HubClaims,
        billing: &dyn Billing,
        ways: &Ways,
        (subscription, want, choice): (&str, Want, Option<&str>),
        changed: bool,
    ) -> Result<Option<Step>, SessionError> {
        let again = |wrong| Some(Step::choice(want, choice.map(Into::into), Some(wrong)));
        let wanted = match ways.wanted(want, choice) {
            Ok(wanted) => wanted,
            Err(wrong) if want.chooses() => return Ok(again(wrong)),
            Err(_) => return Ok(None),
        };
        let is_code = matches!(wanted, Wanted::ApplyCode { .. });
        if is_code && self.limits.count_code(claims.asker()).is_err() {
            return Ok(again("often"));
        }
        let mut wanted = wanted;
        let mut quote = billing.quote(&claims.customer, Some(subscription), &wanted).await;
        if let (Err(QuoteError::NotNow(_) | QuoteError::Unsupported), Some(other)) =
            (&quote, ways.otherwise(&wanted))
        {
            let then = billing.quote(&claims.customer, Some(subscription), &other).await;
            if then.is_ok() {
                (wanted, quote) = (other, then);
            }
        }
        let quote: Quote = match quote {
            Ok(quote) => quote,
            Err(QuoteError::Lookup(error)) => return Err(error.into()),
            Err(error) => {
                tracing::info!(why = error.name(), want = want.name(), "a change of the hub cannot be made");
                let at_a_field = matches!(wanted, Wanted::ApplyCode { .. } | Wanted::ChangePlan { .. });
                return Ok(if at_a_field { again(error.name()) } else { None });
            }
        };
        let asked = (subscription, want, choice);
        let quoted = Quoted::new(claims.sid, asked, wanted, &quote, self.clock.now());
        let sealed = quoted.seal(&self.sealer).map_err(SessionError::Internal)?;
        Ok(Some(Step::Preview {
            want,
            choice: choice.map(Into::into),
            quote: Box::new(quote),
            sealed,
            changed,
        }))
    }

    /// What the customer can do with a subscription in the retention flow: cancel it, or take that back.
    async fn way(
        &self,
        claims: &HubClaims,
        brand: &Brand,
        (customer, holding): (&Customer, &Holding),
        surface: Surface<'_>,
    ) -> Result<Option<Way>, SessionError> {
        if holding.can.cancel {
            let new = NewSession {
                lookup: Lookup { email: claims.email.clone(), ..Lookup::default() },
                environment: claims.environment,
                locale: claims.locale.clone(),
                // The flow as a page leads back to the hub as a page.
                return_url: surface.address(&self.config.server),
                ..NewSession::default()
            };
            let Created { id, policy, .. } =
                self.create_for(brand, new, customer.clone(), holding.id.clone())?;
            return Ok(Some(Way::Cancel { session: id, policy }));
        }
        let (Some(subscription), false) = (&holding.id, holding.ended) else { return Ok(None) };
        let last =
            Stored::last_of(&self.store, &brand.slug, claims.environment, &claims.customer, subscription);
        let Some(session) = last.await? else { return Ok(None) };
        let undone = session.state.runs.last().is_some_and(flow::Run::can_be_undone);
        match self.alive(session) {
            Ok(session) if undone => Ok(Some(Way::Undo { session: self.id_of(&session)? })),
            Ok(_) | Err(SessionError::Expired) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Where a customer comes back to from the page where they say what to pay with.
    fn page_after(&self, brand: &Brand, surface: Surface<'_>) -> Option<url::Url> {
        let own = surface.address(&self.config.server);
        let page = own.as_deref().or(surface.page()).and_then(|page| url::Url::parse(page).ok());
        let is_ours =
            |url: &url::Url| own.is_some() || brand.origins.contains(&url.origin().ascii_serialization());
        let home = || brand.origins.first().map_or(self.config.server.pages_url(), String::as_str);
        page.filter(is_ours).or_else(|| url::Url::parse(home()).ok())
    }
}

/// The plans that the brand offers in its hub, as billing has them. Billing is not asked where none can be taken.
async fn offered(
    brand: &Brand,
    billing: &dyn Billing,
    customer: &str,
    holdings: &[Holding],
) -> Result<Vec<PlanTerms>, SessionError> {
    let any = holdings.iter().any(|holding| holding.can.change_plan || holding.can.switch);
    if brand.hub.plans.is_empty() || !any {
        return Ok(Vec::new());
    }
    Ok(billing.plans_open_to(customer, &brand.hub.plans).await?.unwrap_or_default())
}

/// What can be done with a subscription, where billing says what it would mean.
fn offers(brand: &Brand, billing: &dyn Billing, holding: &Holding, plans: &[PlanTerms]) -> Ways {
    if billing.quotes() { Ways::of(holding, &brand.hub, plans) } else { Ways::default() }
}
