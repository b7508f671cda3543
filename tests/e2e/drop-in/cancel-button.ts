renumerate.mountCancelButton("elementId", "sessionId", "classes");
