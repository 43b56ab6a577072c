import { AccountEvents } from './AccountEvents';
import { DeleteAccount } from './DeleteAccount';
import { PasswordForm } from './PasswordForm';
import { SecondFactor } from './SecondFactor';
import { Sessions } from './Sessions';

export const SecurityPage = () => (
  <>
    <PasswordForm />
    <SecondFactor />
    <Sessions />
    <AccountEvents />
    <DeleteAccount />
  </>
);
