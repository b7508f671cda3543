// The dialog of the React contestant: Radix around the two steps.

import * as Dialog from "@radix-ui/react-dialog";
import { useEffect, useState } from "react";

import { tell } from "../flow-api.js";
import { terms } from "../terms.js";

const Field = ({ className, name, label }) => (
  <label className={className}>
    <span>{label}</span>
    <textarea name={name} rows={2} maxLength={2000} dir="auto" />
  </label>
);

const Button = ({ className, value, children }) => (
  <button className={className} name="do" value={value}>
    {children}
  </button>
);

function Survey({ flow }) {
  const { words } = flow;
  return (
    <>
      <Dialog.Title id="title">{words.survey_title}</Dialog.Title>
      <Dialog.Description className="lead" id="hint">
        {words.survey_hint}
      </Dialog.Description>
      <fieldset aria-labelledby="title" aria-describedby="hint">
        {flow.reasons.map(({ key, label, follow_up: question }) => (
          <div className="choice" key={key}>
            <label className="pick">
              <input type="radio" name="reason" value={key} />
              <span>{label}</span>
            </label>
            {question && <Field className="follow" name={`follow_up.${key}`} label={question} />}
          </div>
        ))}
      </fieldset>
      <Field className="feedback" name="feedback" label={words.feedback} />
      <div className="actions">
        <Button className="leave wide" value="answer">{words.continue}</Button>
        <Button className="plain" value="leave">{words.skip_to_cancel}</Button>
        <Button className="plain" value="keep">{words.keep}</Button>
      </div>
    </>
  );
}

function Offer({ flow, offer }) {
  const { words } = flow;
  return (
    <>
      <Dialog.Title id="title">{words.offer_title}</Dialog.Title>
      <div className="card">
        <p className="headline">{offer.headline}</p>
        <Dialog.Description>{offer.body}</Dialog.Description>
        {terms(flow, offer).map((text) => (
          <p className="terms" key={text}>{text}</p>
        ))}
      </div>
      <div className="actions">
        <Button className="stay" value="accept">{words.accept}</Button>
        <Button className="leave" value="decline">{words.decline}</Button>
        <Button className="quiet" value="back">{words.back}</Button>
      </div>
    </>
  );
}

export function CancelDialog({ flow, close }) {
  const [offer, setOffer] = useState();
  useEffect(() => tell({ do: "shown" }), []);
  const submitted = (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    const reason = flow.reasons.find(({ key }) => key === form.get("reason"));
    const found = flow.offers.find(({ id }) => reason?.offers.includes(id));
    if (event.nativeEvent.submitter.value !== "answer" || !found) return close();
    setOffer(found);
    tell({ do: "answer", ...Object.fromEntries(form) });
  };
  return (
    <Dialog.Root open onOpenChange={close}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content className="dialog">
          <form className="step" lang={flow.locale} autoComplete="off" onSubmit={submitted}>
            {offer ? <Offer flow={flow} offer={offer} /> : <Survey flow={flow} />}
            <button className="close" name="do" value="close" aria-label={flow.words.close} />
          </form>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
