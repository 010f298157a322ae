package dev.tidemark.relay.deliver;

import dev.tidemark.relay.backlog.Arrival;

/** What could not be decoded, on its way to the backlog. Nothing waits behind it: its aggregate is not known. */
record Undecodable(Arrival arrival, InFlight.Entry entry) {}
