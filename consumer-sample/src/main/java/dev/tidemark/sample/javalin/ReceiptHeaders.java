package dev.tidemark.sample.javalin;

import dev.tidemark.envelope.Receipt;
import dev.tidemark.envelope.Receipts;
import io.javalin.http.BadRequestResponse;
import io.javalin.http.Context;
import io.javalin.http.Cookie;
import io.javalin.http.SameSite;

/** Receipts in requests and answers: a header for programs, a cookie for browsers. */
public final class ReceiptHeaders {

    /** By then the event has long arrived, or something is broken that waiting does not mend. */
    private static final int COOKIE_SECONDS = 60;

    private ReceiptHeaders() {}

    /** What whoever asks has written, here or elsewhere. */
    public static Receipts of(Context request) {
        try {
            return fromCookie(request).and(Receipts.parse(request.header(Receipts.HEADER)));
        } catch (IllegalArgumentException e) {
            throw new BadRequestResponse(e.getMessage());
        }
    }

    /** A browser cannot mend a cookie that is none of ours. */
    private static Receipts fromCookie(Context request) {
        try {
            return Receipts.parse(request.cookie(Receipts.HEADER));
        } catch (IllegalArgumentException e) {
            return Receipts.none();
        }
    }

    /** Answers with what was written; the cookie has also what was written before. */
    public static void set(Context request, Receipt receipt) {
        request.header(Receipts.HEADER, receipt.toString());
        Cookie cookie =
                new Cookie(Receipts.HEADER, fromCookie(request).and(receipt).toString());
        cookie.setPath("/");
        cookie.setMaxAge(COOKIE_SECONDS);
        cookie.setHttpOnly(true);
        cookie.setSameSite(SameSite.LAX);
        request.cookie(cookie);
    }
}
