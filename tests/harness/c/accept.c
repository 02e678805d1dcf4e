/* accept KEYTAB SERVICE: a client and the service in one. The client gets a ticket for SERVICE with the default
 * credential cache; the service, which knows its own name, reads it with KEYTAB. Ends with 0, or says why not.
 */
#include <krb5.h>
#include <stdio.h>

static int
fail(krb5_context context, krb5_error_code code, const char *doing)
{
    const char *text = krb5_get_error_message(context, code);
    fprintf(stderr, "accept: %s while %s\n", text, doing);
    krb5_free_error_message(context, text);
    return 1;
}

int
main(int argc, char **argv)
{
    krb5_context context;
    krb5_ccache cache;
    krb5_keytab keytab;
    krb5_principal service;
    krb5_creds wanted = { 0 }, *ticket;
    krb5_auth_context client = NULL, server = NULL;
    krb5_data request, none = { 0 };
    krb5_error_code code;

    if (argc != 3 || krb5_init_context(&context) != 0) {
        fprintf(stderr, "usage: accept KEYTAB SERVICE\n");
        return 2;
    }
    if ((code = krb5_kt_resolve(context, argv[1], &keytab)) != 0)
        return fail(context, code, "naming the keytab");
    /* A name that was parsed means itself, host and version included. */
    if ((code = krb5_parse_name(context, argv[2], &service)) != 0)
        return fail(context, code, "parsing the name");
    if ((code = krb5_cc_default(context, &cache)) != 0 ||
        (code = krb5_cc_get_principal(context, cache, &wanted.client)) != 0)
        return fail(context, code, "reading the cache");
    wanted.server = service;
    if ((code = krb5_get_credentials(context, 0, cache, &wanted, &ticket)) != 0)
        return fail(context, code, "getting the ticket");
    if ((code = krb5_mk_req_extended(context, &client, 0, &none, ticket, &request)) != 0)
        return fail(context, code, "making the request");
    if ((code = krb5_rd_req(context, &server, &request, service, keytab, NULL, NULL)) != 0)
        return fail(context, code, "reading the request");
    return 0;
}
