import type { Project } from '~/api/types';
import { Button } from '~/components/Button';
import { Dialog } from '~/components/Dialog';
import { TextArea, TextField } from '~/components/Field';
import { t } from '~/locales';
import { useProjectActions } from './useProjectActions';

interface Props {
  /** The project that is changed; a new one is made without. */
  project?: Project;
  onSaved: (project: Project) => void;
  onClose: () => void;
}

export function ProjectDialog({ project, onSaved, onClose }: Props) {
  const { create, update } = useProjectActions();
  const save = (form: FormData) => {
    const fields = {
      name: String(form.get('name')).trim(),
      description: String(form.get('description')).trim() || null,
    };
    const onSuccess = (data: { project: Project }) => onSaved(data.project);
    if (project) update.mutate({ id: project.id, ...fields }, { onSuccess });
    else create.mutate(fields, { onSuccess });
  };
  return (
    <Dialog title={t(project ? 'project.edit' : 'projects.new')} onClose={onClose}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save(new FormData(event.currentTarget));
        }}
      >
        <TextField
          label={t('field.name')}
          name="name"
          defaultValue={project?.name}
          maxLength={100}
          required
          autoFocus
        />
        <TextArea
          label={t('field.description')}
          name="description"
          defaultValue={project?.description ?? ''}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" look="primary" isBusy={create.isPending || update.isPending}>
            {t('common.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
