import type { ErrorTexts } from './errors';

export const errorsDe: ErrorTexts = {
  codes: {
    API_KEY_REQUIRED:
      'Für dieses Modell fehlt ein gültiger Schlüssel. Hinterlege deinen eigenen in den Einstellungen oder nimm ein Modell, das verfügbar ist.',
    BUDGET_EXCEEDED:
      'Das heutige Budget für Modelle ist aufgebraucht. Um 0 Uhr UTC beginnt ein neues.',
    CONFLICT: 'Das verträgt sich nicht mit dem, was schon da ist. Lade die Seite neu.',
    CONTEXT_TOO_LONG:
      'Das ist länger, als dieses Modell lesen kann. Kürze es oder nimm ein anderes Modell.',
    CONVERSATION_DELETED: 'Die Unterhaltung wurde gelöscht.',
    CSRF_REJECTED:
      'Die Anfrage kam von der Seite einer anderen Website. Benutze die Seite von OmniChat selbst.',
    EMAIL_TAKEN: 'Zu dieser Adresse gibt es ein Konto. Melde dich an oder nimm eine andere.',
    FORBIDDEN: 'Das darfst du hier nicht.',
    GENERATION_IN_PROGRESS:
      'Dieses Modell antwortet in dieser Unterhaltung noch. Warte, bis die Antwort fertig ist.',
    HEADERS_TOO_LARGE:
      'Der Browser schickt zu viel mit. Lösche die Cookies dieser Seite und melde dich neu an.',
    IDEMPOTENCY_IN_PROGRESS: 'Das wird gerade schon getan. Versuche es gleich noch einmal.',
    IDEMPOTENCY_MISMATCH: 'Das wurde schon einmal anders gesendet. Lade die Seite neu.',
    INSUFFICIENT_SCOPE: 'Dieses Token darf das nicht.',
    INTERNAL_ERROR: 'Auf dem Server ist etwas schiefgegangen. Versuche es noch einmal.',
    INVALID_CREDENTIALS: 'Adresse und Passwort gehören zu keinem Konto. Prüfe beides.',
    METHOD_NOT_ALLOWED: 'Der Server kennt diese Anfrage nicht. Lade die Seite neu.',
    MODEL_NOT_LOADED:
      'Dieses Modell ist noch nicht geladen. Lade es in den Einstellungen oder nimm ein anderes.',
    MODEL_UNKNOWN: 'Dieses Modell gibt es nicht. Wähle ein anderes.',
    NOT_ACCEPTABLE: 'Der Server kann so nicht antworten. Lade die Seite neu.',
    NOT_FOUND: 'Hier ist nichts, oder nichts mehr.',
    PAYLOAD_TOO_LARGE: 'Das ist zu groß.',
    PROVIDER_AUTH_FAILED:
      'Der Anbieter nimmt den Schlüssel nicht an. Prüfe deinen eigenen in den Einstellungen oder frage, wer diesen Server betreibt.',
    PROVIDER_ERROR: 'Beim Anbieter des Modells ist etwas schiefgegangen. Versuche es noch einmal.',
    PROVIDER_OVERLOADED:
      'Der Anbieter des Modells ist überlastet. Versuche es gleich noch einmal oder nimm ein anderes Modell.',
    PROVIDER_PROTOCOL:
      'Der Anbieter des Modells hat etwas geschickt, das keine Antwort ist. Versuche es noch einmal oder nimm ein anderes Modell.',
    PROVIDER_RATE_LIMITED:
      'Der Anbieter des Modells nimmt gerade keine Anfragen mehr an. Versuche es gleich noch einmal.',
    PROVIDER_TIMEOUT:
      'Der Anbieter des Modells hat nicht rechtzeitig geantwortet. Versuche es noch einmal.',
    PROVIDER_TRUNCATED:
      'Die Antwort brach vor ihrem Ende ab. Was gekommen war, ist da. Versuche es noch einmal.',
    RATE_LIMITED: 'Das ging etwas schnell. Versuche es gleich noch einmal.',
    REGISTRATION_CLOSED:
      'Mit dieser Adresse kann man sich hier nicht registrieren. Frage, wer diesen Server betreibt, nach einem Konto.',
    REQUEST_TIMEOUT: 'Die Anfrage kam zu langsam an. Sende sie noch einmal.',
    SECOND_FACTOR_REQUIRED: 'Jetzt fehlt noch der Code deines zweiten Faktors.',
    SERVER_DRAINING:
      'Der Server wird neu gestartet. Was gekommen war, ist da. Versuche es gleich noch einmal.',
    SERVICE_UNAVAILABLE: 'Der Server ist gerade nicht verfügbar. Versuche es gleich noch einmal.',
    SESSION_REVOKED: 'Die Sitzung wurde beendet. Melde dich neu an.',
    TOKEN_EXPIRED: 'Die Sitzung ist abgelaufen. Melde dich neu an.',
    TOKEN_REUSED:
      'Die Sitzung wurde zur Sicherheit beendet, denn ihr Token wurde zweimal benutzt. Melde dich neu an.',
    UNAUTHORIZED: 'Du bist nicht mehr angemeldet. Melde dich neu an.',
    UNSUPPORTED_BY_MODEL: 'Das kann dieses Modell nicht. Nimm ein anderes.',
    UNSUPPORTED_MEDIA_TYPE: 'Dateien dieser Art nimmt der Server nicht.',
    VALIDATION_ERROR: 'So nimmt der Server das nicht an. Prüfe deine Eingabe.',
    VERSION_CONFLICT:
      'Das hat inzwischen jemand geändert. Sieh dir die neueste Fassung an und versuche es noch einmal.',
  },
  sentences: {
    // One code stands for each of these.
    'Another prompt of this project has that name. Choose another.':
      'Ein anderer Prompt dieses Projekts heißt schon so. Nimm einen anderen Namen.',
    'Nothing has been said in this conversation yet. Share it once there is something to show.':
      'In dieser Unterhaltung wurde noch nichts gesagt. Teile sie, sobald es etwas zu zeigen gibt.',
    'Nothing was said yet. Send a message first, and wait for the reply.':
      'Hier wurde noch nichts gesagt. Sende erst eine Nachricht und warte auf die Antwort.',
    'Other files of yours are still being imported. Wait until one of them is done.':
      'Andere Dateien von dir werden noch importiert. Warte, bis eine davon fertig ist.',
    'The conversation has # shares already. Delete one of them first.':
      'Diese Unterhaltung ist schon #-mal geteilt. Nimm erst eine Adresse zurück.',
    'The second factor is on. Switch it off before you make another.':
      'Der zweite Faktor ist an. Schalte ihn aus, bevor du einen neuen einrichtest.',
    'There is no second factor that this could be for. Begin with a new one.':
      'Es gibt keinen zweiten Faktor, zu dem das gehört. Beginne mit einem neuen.',
    'You have as many personal access tokens as one may have. Revoke one that you do not need.':
      'Mehr Zugangstokens kann man nicht haben. Widerrufe eines, das du nicht brauchst.',

    'The code is not valid. Each is good once; wait for the next one.':
      'Der Code gilt nicht. Jeder gilt nur einmal; warte auf den nächsten.',
    'The sign-in took too long, or is done. Begin it again.':
      'Die Anmeldung hat zu lange gedauert oder ist erledigt. Beginne sie neu.',
    'The account is gone. Sign in with another one.':
      'Das Konto gibt es nicht mehr. Melde dich mit einem anderen an.',
    'The account is gone.': 'Das Konto gibt es nicht mehr.',
    "There is no such project. Check the project's id.": 'Dieses Projekt gibt es nicht mehr.',

    'The conversation has more than the # bytes of text that can be shared. Export it instead.':
      'Diese Unterhaltung ist zu lang zum Teilen. Exportiere sie stattdessen.',
    'The model is not on its server, and models are not fetched here. Ask the operator for it, or choose another model.':
      'Das Modell ist nicht auf seinem Server, und hier werden keine geholt. Frage danach, wer diesen Server betreibt, oder nimm ein anderes.',
    'This model does not see images. Leave them out, or choose a model that has `vision` among its capabilities in `GET /models`.':
      'Dieses Modell sieht keine Bilder. Lass sie weg oder nimm ein Modell, das Bilder sieht.',
    'This model needs no loading. Just ask it.':
      'Dieses Modell muss nicht geladen werden. Frage es einfach.',
    "The model's server does not answer. Try again in a moment.":
      'Der Server des Modells antwortet nicht. Versuche es gleich noch einmal.',
    'The file came too slowly, or its import was taken away. Send it again.':
      'Die Datei kam zu langsam an. Sende sie noch einmal.',

    // How far the loading of a model has come.
    Waiting: 'Wartet',
    'Looking for the model': 'Sucht das Modell',
    Fetching: 'Holt das Modell',
    'Fetching: #.# of #.# MB': 'Geholt: #,# von #,# MB',
    Verifying: 'Prüft',
    Storing: 'Speichert',
    'Loading into memory': 'Lädt in den Speicher',
    Loaded: 'Geladen',
    'Trying again in a moment': 'Gleich folgt noch ein Versuch',
    'The model is not offered any more.': 'Dieses Modell wird nicht mehr angeboten.',

    'The file could not be read.': 'Die Datei ließ sich nicht lesen.',
    'The file is cut off. What stood before is stored.':
      'Die Datei ist abgeschnitten. Was davor stand, ist gespeichert.',
    'The file is no JSON from here on. What stood before is stored.':
      'Von einer Stelle an ist die Datei kein JSON mehr. Was davor stand, ist gespeichert.',
    'There is no conversation in the file.': 'In dieser Datei ist keine Unterhaltung.',

    "Today's budget for models is spent, and the reply was stopped there. What had come is kept. The budget starts afresh at 00:00 UTC.":
      'Das heutige Budget für Modelle war aufgebraucht, und die Antwort endete dort. Was gekommen war, ist da. Um 0 Uhr UTC beginnt ein neues.',
    "The quota at the model's provider is used up. Ask the operator, or use another model.":
      'Das Kontingent beim Anbieter des Modells ist aufgebraucht. Frage, wer diesen Server betreibt, oder nimm ein anderes Modell.',
    "The model's provider keeps failing, and is left alone for a moment. Try again then, or use another model.":
      'Der Anbieter des Modells versagt immer wieder und wird kurz in Ruhe gelassen. Versuche es dann noch einmal oder nimm ein anderes Modell.',
    "The model's provider does not take this request. Try another model.":
      'Der Anbieter des Modells nimmt diese Anfrage nicht an. Nimm ein anderes Modell.',
    "The model's provider does not want to answer that. Put it in other words.":
      'Der Anbieter des Modells will darauf nicht antworten. Sage es mit anderen Worten.',
    "The model's provider cannot be reached. Try again in a moment.":
      'Der Anbieter des Modells ist nicht erreichbar. Versuche es gleich noch einmal.',
  },
  expected: {
    '# to # characters': '# bis # Zeichen',
    'Use # to # characters': '# bis # Zeichen',
    'at most # bytes': 'höchstens # Bytes',
    'a number from # to #': 'eine Zahl von # bis #',
    'an email address of at most # characters': 'eine E-Mail-Adresse mit höchstens # Zeichen',
    'a value; the prompt has this variable': 'ein Wert fehlt',
    'a file of conversations in JSON, as OmniChat or ChatGPT exports them; of an archive the `conversations.json` in it':
      'eine Datei mit Unterhaltungen in JSON, wie OmniChat oder ChatGPT sie exportiert; aus einem Archiv die conversations.json darin',
  },
  // Why a password is easy to guess, as zxcvbn says it.
  hints: {
    'Straight rows of keys are easy to guess': 'Reihen von Tasten sind leicht zu erraten',
    'Short keyboard patterns are easy to guess':
      'Kurze Muster auf der Tastatur sind leicht zu erraten',
    'Repeats like "aaa" are easy to guess': 'Wiederholungen wie „aaa“ sind leicht zu erraten',
    'Repeats like "abcabcabc" are only slightly harder to guess than "abc"':
      '„abcabcabc“ ist kaum schwerer zu erraten als „abc“',
    'This is a top-# common password': 'Das ist eines der # häufigsten Passwörter',
    'This is a very common password': 'Das ist ein sehr häufiges Passwort',
    'This is similar to a commonly used password': 'Das ähnelt einem häufigen Passwort',
    'Sequences like abc or # are easy to guess': 'Folgen wie abc oder # sind leicht zu erraten',
    'Recent years are easy to guess': 'Jahreszahlen sind leicht zu erraten',
    'A word by itself is easy to guess': 'Ein Wort allein ist leicht zu erraten',
    'Dates are often easy to guess': 'Daten sind oft leicht zu erraten',
    'Names and surnames by themselves are easy to guess': 'Namen allein sind leicht zu erraten',
    'Common names and surnames are easy to guess': 'Häufige Namen sind leicht zu erraten',
    'Use a few words, avoid common phrases': 'Nimm mehrere Wörter, aber keine Redewendung',
    'No need for symbols, digits, or uppercase letters':
      'Sonderzeichen, Ziffern und Großbuchstaben braucht es nicht',
    'Add another word or two': 'Nimm noch ein, zwei Wörter dazu',
    'Uncommon words are better': 'Seltene Wörter sind besser',
    "Capitalization doesn't help very much": 'Großbuchstaben helfen kaum',
    'All-uppercase is almost as easy to guess as all-lowercase':
      'Nur Großbuchstaben sind fast so leicht zu erraten wie nur Kleinbuchstaben',
    "Reversed words aren't much harder to guess":
      'Rückwärts geschriebene Wörter sind kaum schwerer zu erraten',
    "Predictable substitutions like '@' instead of 'a' don't help very much":
      'Übliche Ersetzungen wie „@“ für „a“ helfen kaum',
    'Use a longer keyboard pattern with more turns':
      'Nimm ein längeres Muster mit mehr Richtungswechseln',
    'Avoid repeated words and characters': 'Wiederhole keine Wörter und Zeichen',
    'Avoid sequences': 'Vermeide Folgen',
    'Avoid recent years': 'Vermeide Jahreszahlen',
    'Avoid years that are associated with you': 'Vermeide Jahreszahlen, die mit dir zu tun haben',
    'Avoid dates and years that are associated with you':
      'Vermeide Daten und Jahreszahlen, die mit dir zu tun haben',
  },
};
