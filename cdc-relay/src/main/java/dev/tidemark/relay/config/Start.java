package dev.tidemark.relay.config;

/** With what a subscriber begins that is not registered yet. */
public enum Start {
    /** With what is captured from now on: with what the slot has not confirmed when it is registered. */
    NOW,
    /** With everything that the table of the outbox still holds, and then with what is captured. */
    RETAINED
}
