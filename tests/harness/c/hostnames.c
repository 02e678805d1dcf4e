/* Asks MIT's library about names of hosts: a question a line, an answer a line.
 *
 *   service TYPE SERVICE HOST     krb5_sname_to_principal; "-" for none
 *   expand HOST                   krb5_expand_hostname
 *   realm HOST                    krb5_get_host_realm
 *   fallback HOST                 krb5_get_fallback_host_realm
 *   match TYPE NAME PRINCIPAL     krb5_sname_match, NAME being of the type
 *   stands NAME PRINCIPAL         k5_sname_compare, NAME being host-based
 *
 * Words are parted by tabs. Build: cc hostnames.c -lkrb5
 */
#include <krb5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Used by MIT's GSSAPI library, so exported, but in no header. */
krb5_boolean k5_sname_compare(krb5_context, krb5_const_principal, krb5_const_principal);

static krb5_context context;

static int
said(krb5_error_code code)
{
    const char *text;

    if (code == 0)
        return 0;
    text = krb5_get_error_message(context, code);
    printf("error: %s\n", text);
    krb5_free_error_message(context, text);
    return 1;
}

static krb5_principal
named(const char *text, int type)
{
    krb5_principal principal;

    if (krb5_parse_name_flags(context, text, 0, &principal) != 0) {
        fprintf(stderr, "not a principal: %s\n", text);
        exit(2);
    }
    if (type >= 0)
        principal->type = type;
    return principal;
}

static char *
word(void)
{
    char *found = strtok(NULL, "\t");

    if (found == NULL) {
        fprintf(stderr, "a word is missing\n");
        exit(2);
    }
    return found;
}

static char *
word_or_null(void)
{
    char *found = word();

    return strcmp(found, "-") == 0 ? NULL : found;
}

static void
service(void)
{
    int type = atoi(word());
    char *name = word_or_null(), *host = word_or_null(), *text;
    krb5_principal principal;

    if (host != NULL && strcmp(host, "(empty)") == 0)
        host = "";
    if (said(krb5_sname_to_principal(context, host, name, type, &principal)))
        return;
    if (said(krb5_unparse_name(context, principal, &text)))
        return;
    printf("%s %d\n", text, (int)principal->type);
    krb5_free_unparsed_name(context, text);
    krb5_free_principal(context, principal);
}

static void
realms(krb5_error_code code, char **list)
{
    if (said(code))
        return;
    printf("(%s)\n", list[0]);
    krb5_free_host_realm(context, list);
}

int
main(void)
{
    static char line[65536];

    if (krb5_init_context(&context) != 0)
        return 2;
    while (fgets(line, sizeof(line), stdin) != NULL) {
        char *what, *text, **list = NULL;

        line[strcspn(line, "\n")] = '\0';
        what = strtok(line, "\t");
        if (what == NULL)
            continue;
        if (strcmp(what, "service") == 0) {
            service();
        } else if (strcmp(what, "expand") == 0) {
            if (!said(krb5_expand_hostname(context, word(), &text))) {
                printf("%s\n", text);
                krb5_free_string(context, text);
            }
        } else if (strcmp(what, "realm") == 0) {
            krb5_error_code code = krb5_get_host_realm(context, word(), &list);
            realms(code, list);
        } else if (strcmp(what, "fallback") == 0) {
            krb5_data host;
            krb5_error_code code;

            host.data = word();
            host.length = strlen(host.data);
            code = krb5_get_fallback_host_realm(context, &host, &list);
            realms(code, list);
        } else if (strcmp(what, "match") == 0) {
            int type = atoi(word());
            krb5_principal matching = named(word(), type), principal = named(word(), -1);

            puts(krb5_sname_match(context, matching, principal) ? "yes" : "no");
            krb5_free_principal(context, matching);
            krb5_free_principal(context, principal);
        } else if (strcmp(what, "stands") == 0) {
            krb5_principal name = named(word(), KRB5_NT_SRV_HST), principal = named(word(), -1);

            puts(k5_sname_compare(context, name, principal) ? "yes" : "no");
            krb5_free_principal(context, name);
            krb5_free_principal(context, principal);
        } else {
            fprintf(stderr, "no such question: %s\n", what);
            return 2;
        }
        fflush(stdout);
    }
    krb5_free_context(context);
    return 0;
}
